import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { refreshCookieName } from '../server/testing/browser-jar.js'
import { createSignedInUser, createUser } from '../server/testing/factories.js'
import { testPassword } from '../server/testing/secrets.js'
import { startTestApp } from '../server/testing/test-app.js'
import { type ApiClientOptions, createApiClient } from './api-client.js'
import { apiError } from './errors.js'
import { createNetwork, type Network } from './testing/network.js'

const t = await startTestApp()
let network: Network
let tests = 0

beforeEach(() => {
  network = createNetwork(t)
  tests += 1
})
afterEach(() => vi.unstubAllGlobals())

describe('cookie delivery', () => {
  it('is the default in browsers, unless the app has a store', async () => {
    const { user, session } = await createSignedInUser(t)
    vi.stubGlobal('document', {})
    const client = connect({})
    await client.login({ email: user.email, password: testPassword })
    expect(network.cookie).toContain(`${refreshCookieName}=`)
    const withStore = connect({ tokenStore: { get: () => session.refreshToken ?? '', set() {}, clear() {} } })
    network.cookie = ''
    expect(await withStore.resume()).toMatchObject({ id: user.id })
  })

  it('resumes the session on a new page', async () => {
    const { client, user } = await withPassword()
    await client.login({ email: user.email, password: testPassword })
    const newPage = connect({ delivery: 'cookie' })
    expect(await newPage.resume()).toMatchObject({ id: user.id })
    const another = connect({ delivery: 'cookie' })
    expect(await another.api.users.me.query()).toMatchObject({ id: user.id })
    await another.logout()
    expect(await connect({ delivery: 'cookie' }).resume()).toBeNull()
  })

  it('S75: ends the session on a page if another user logs in with its cookie, and then takes up the new one', async () => {
    vi.stubGlobal('BroadcastChannel', undefined)
    const onSessionEnd = vi.fn<() => void>()
    const [ada, eve] = [await createUser(t), await createUser(t)]
    const page = connect({ delivery: 'cookie', onSessionEnd })
    await page.login({ email: ada.email, password: testPassword })
    await connect({ delivery: 'cookie' }).login({ email: eve.email, password: testPassword })
    const calls = Array.from({ length: 3 }, () => codeOf(page.api.users.me.query()))
    expect(await Promise.all(calls)).toEqual(Array(3).fill('UNAUTHORIZED'))
    expect(onSessionEnd).toHaveBeenCalledTimes(1)
    await vi.waitFor(() => expect(page.session.get().user).toMatchObject({ id: eve.id }))
    expect(await page.api.users.me.query()).toMatchObject({ id: eve.id })
    expect(onSessionEnd).toHaveBeenCalledTimes(1)
  })

  it('refreshes even if it cannot get the lock that pages share', async () => {
    const { client, user } = await withPassword()
    const request = vi.fn<() => Promise<never>>().mockRejectedValue(new Error('waited for too long'))
    vi.stubGlobal('navigator', { locks: { request } })
    await client.login({ email: user.email, password: testPassword })
    expect(await connect({ delivery: 'cookie' }).resume()).toMatchObject({ id: user.id })
    expect(request).toHaveBeenCalledTimes(2)
  })

  it('tries one refresh for a visitor without a session, and reports no end', async () => {
    const onSessionEnd = vi.fn<() => void>()
    const client = connect({ delivery: 'cookie', onSessionEnd })
    expect(await codeOf(client.api.sessions.list.query())).toBe('UNAUTHORIZED')
    expect(await codeOf(client.api.users.me.query())).toBe('UNAUTHORIZED')
    expect(network.count('auth.refresh')).toBe(1)
    expect(onSessionEnd).not.toHaveBeenCalled()
  })
})

function connect(options: Partial<ApiClientOptions>) {
  return createApiClient({
    // Pages of one address hear of each other, those of other tests included.
    url: `http://cookie-${tests}.localhost:3000`,
    fetch: (...request) => network.fetch(...request),
    ...options,
  })
}

async function withPassword() {
  return { user: await createUser(t), client: connect({ delivery: 'cookie' }) }
}

async function codeOf(call: Promise<unknown>) {
  return call.then(
    () => 'answered' as const,
    (error: unknown) => apiError(error)?.code,
  )
}
