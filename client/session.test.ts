import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createUser } from '../server/testing/factories.js'
import { testPassword } from '../server/testing/secrets.js'
import { startTestApp } from '../server/testing/test-app.js'
import { type ApiClientOptions, createApiClient } from './api-client.js'
import { apiError } from './errors.js'
import { createSessionState, type SessionState } from './session-state.js'
import { createNetwork, type Network } from './testing/network.js'

const t = await startTestApp()
let network: Network
let tests = 0

beforeEach(() => {
  network = createNetwork(t)
  tests += 1
  vi.stubGlobal('localStorage', createStorage())
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the state of the session', () => {
  it('is found out by a visit, told at each change, and the same object in between', async () => {
    const { tab, user, credentials } = await visitor()
    const states: SessionState[] = []
    const end = tab.session.subscribe((state) => states.push(state))
    expect(tab.session.get()).toEqual({ status: 'unknown', user: null })
    await tab.resume()
    await tab.resume()
    await tab.login(credentials)
    expect(tab.session.get()).toBe(tab.session.get())
    expect(tab.session.get().user).toMatchObject({ id: user.id })
    await tab.logout()
    await tab.logout()
    end()
    await tab.login(credentials)
    expect(states.map(({ status }) => status)).toEqual(['anonymous', 'signed-in', 'anonymous'])
  })

  it('is told to all listeners even if one of them fails, which is reported', () => {
    vi.useFakeTimers()
    const state = createSessionState()
    const listener = vi.fn<() => void>()
    state.subscribe(() => {
      throw new Error('a fault of the interface')
    })
    state.subscribe(listener)
    state.set(null)
    expect(listener).toHaveBeenCalledTimes(1)
    expect(() => vi.runAllTimers()).toThrow('a fault of the interface')
  })

  it('is anonymous without any request for a visitor who has never had a session', async () => {
    const { tab } = await visitor()
    expect(await tab.resume()).toBeNull()
    expect(network.requests).toEqual([])
    await tab.api.auth.requestPasswordReset.mutate({ email: 'nobody@example.com' })
    expect(network.requests).toEqual(['/trpc/auth.requestPasswordReset'])
    expect(tab.session.get().status).toBe('anonymous')
  })

  it('takes up a session of which this origin knows nothing when it is asked to', async () => {
    const { tab, user, credentials } = await visitor()
    await tab.login(credentials)
    vi.stubGlobal('localStorage', createStorage())
    expect(await openTab().resume()).toBeNull()
    expect(await openTab().resume({ always: true })).toMatchObject({ id: user.id })
  })

  it.each([
    ['offline', () => Promise.reject(new TypeError('the network is down'))],
    ['busy', async () => Response.json({ error: { message: '', code: -32022, data: {} } }, { status: 503 })],
  ])('is kept while the server is %s', async (_, answer) => {
    const { tab, user, credentials, onSessionEnd } = await visitor()
    await tab.login(credentials)
    t.clock.advance(16 * 60)
    network.intercept = answer
    await expect(tab.api.users.me.query()).rejects.toThrow()
    await expect(tab.resume()).rejects.toThrow()
    const newPage = openTab()
    await expect(newPage.resume()).rejects.toThrow()
    expect(newPage.session.get().status).toBe('unknown')
    expect(tab.session.get().user).toMatchObject({ id: user.id })
    network.intercept = async () => undefined
    expect(await newPage.resume()).toMatchObject({ id: user.id })
    expect(onSessionEnd).not.toHaveBeenCalled()
  })
})

describe('tabs', () => {
  it('begin and end a session at once, without a call', async () => {
    const { tab, user, credentials } = await visitor()
    const onSessionEnd = vi.fn<() => void>()
    const other = openTab({ onSessionEnd })
    await other.resume()
    await tab.login(credentials)
    await vi.waitFor(() => expect(other.session.get().user).toMatchObject({ id: user.id }))
    await tab.logout()
    await vi.waitFor(() => expect(other.session.get().status).toBe('anonymous'))
    expect(onSessionEnd).toHaveBeenCalledTimes(1)
    expect(await codeOf(other.api.users.me.query())).toBe('UNAUTHORIZED')
  })

  it('go on with the new session of the same user', async () => {
    const { tab, credentials, onSessionEnd } = await visitor()
    await tab.login(credentials)
    const other = openTab()
    await other.resume()
    await other.login(credentials)
    expect(await tab.api.users.me.query()).toMatchObject({ email: credentials.email })
    expect(onSessionEnd).not.toHaveBeenCalled()
  })

  it('S75: end the session of a user whom another one replaces before they show the other', async () => {
    const { tab, credentials, onSessionEnd } = await visitor()
    const eve = await createUser(t)
    await tab.login(credentials)
    const shown: (string | undefined)[] = []
    tab.session.subscribe(({ user }) => shown.push(user?.email))
    await openTab().login({ email: eve.email, password: testPassword })
    await vi.waitFor(() => expect(shown).toEqual([undefined, eve.email]))
    expect(onSessionEnd).toHaveBeenCalledTimes(1)
  })
})

describe('calls', () => {
  it('S75: are not repeated in the name of another user who has signed in meanwhile', async () => {
    const { tab, credentials } = await visitor()
    const eve = await createUser(t)
    await tab.login(credentials)
    network.intercept = async (path) => {
      if (!path.includes('users.updateMe')) return
      network.intercept = async () => undefined
      await openTab().login({ email: eve.email, password: testPassword })
      await vi.waitFor(() => expect(tab.session.get().user).toMatchObject({ id: eve.id }))
    }
    expect(await codeOf(tab.api.users.updateMe.mutate({ name: 'Ada' }))).toBe('UNAUTHORIZED')
    expect(await tab.api.users.me.query()).toMatchObject({ id: eve.id, name: eve.name })
  })

  it.each([
    ['is lost', () => Promise.reject(new TypeError('the network is down'))],
    ['is that of a proxy', async () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['says that the server is busy', async () => Response.json({}, { status: 503 })],
  ])('that change something are not sent again if the answer %s', async (_, answer) => {
    const { tab, credentials } = await visitor()
    await tab.login(credentials)
    network.intercept = answer
    await expect(tab.api.users.updateMe.mutate({ name: 'Ada' })).rejects.toThrow()
    expect(network.count('users.updateMe')).toBe(1)
  })

  it('that are aborted end at once, and the refresh goes on for the others', async () => {
    const { tab, user, credentials } = await visitor()
    await tab.login(credentials)
    t.clock.advance(16 * 60)
    passOnTheClient(16 * 60)
    let release = () => {}
    network.delay = new Promise((resolve) => {
      release = resolve
    })
    const { signal, abort } = aborting()
    const query = tab.api.users.me.query(undefined, { signal })
    const change = tab.api.users.updateMe.mutate({ name: 'Eve' }, { signal })
    const other = tab.api.users.me.query()
    await vi.waitFor(() => expect(network.count('auth.refresh')).toBe(1))
    abort()
    await expect(query).rejects.toThrow('no longer needed')
    await expect(change).rejects.toThrow('no longer needed')
    await expect(tab.api.users.me.query(undefined, { signal })).rejects.toThrow('no longer needed')
    release()
    expect(await other).toMatchObject({ id: user.id, name: user.name })
    expect(network.count('users.updateMe')).toBe(0)
    expect(network.count('auth.refresh')).toBe(1)
  })

  it('fail when a refresh is not answered in time, which is tried twice and ends nothing', async () => {
    const { tab, user, credentials } = await visitor()
    await tab.login(credentials)
    passOnTheClient(16 * 60)
    network.intercept = () => new Promise(() => {})
    vi.useFakeTimers({ now: Date.now() })
    const call = tab.api.users.me.query().catch((error: Error) => error.message)
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await call).toBe('The server does not answer.')
    expect([network.count('auth.refresh'), network.count('users.me')]).toEqual([2, 0])
    expect(tab.session.get().user).toMatchObject({ id: user.id })
  })

  it('share requests that stay below the size that the server accepts', async () => {
    const { tab, credentials } = await visitor()
    await tab.login(credentials)
    network.requests.length = 0
    // Too long for a name, which only a server says that has read the request.
    const names = ['é'.repeat(20_000), 'a'.repeat(24_900), ...Array.from({ length: 11 }, () => 'a'.repeat(24_000))]
    const codes = await Promise.all(names.map((name) => codeOf(tab.api.users.updateMe.mutate({ name }))))
    expect(codes).toEqual(names.map(() => 'VALIDATION_ERROR'))
    expect(network.requests).toHaveLength(3)
  })
})

describe('logout', () => {
  it('can be tried again after it has failed', async () => {
    const { tab, credentials } = await visitor()
    await tab.login(credentials)
    network.intercept = () => Promise.reject(new TypeError('the network is down'))
    await expect(tab.logout()).rejects.toThrow('the network is down')
    expect(tab.session.get().status).toBe('anonymous')
    network.intercept = async () => undefined
    await tab.logout()
    expect(await openTab().resume({ always: true })).toBeNull()
  })
})

async function visitor() {
  const user = await createUser(t)
  const onSessionEnd = vi.fn<() => void>()
  return {
    user,
    credentials: { email: user.email, password: testPassword },
    tab: openTab({ onSessionEnd }),
    onSessionEnd,
  }
}

// Tabs of one address hear of each other, those of other tests included.
function openTab(options: Partial<ApiClientOptions> = {}) {
  return createApiClient({
    url: `http://session-${tests}.localhost:3000`,
    delivery: 'cookie',
    fetch: (...request) => network.fetch(...request),
    ...options,
  })
}

function createStorage() {
  const values = new Map<string, string>()
  return {
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => values.set(name, value),
    removeItem: (name: string) => values.delete(name),
  }
}

function aborting() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('no longer needed')) }
}

function passOnTheClient(seconds: number): void {
  const now = Date.now() + seconds * 1000
  vi.useFakeTimers({ toFake: ['Date'], now })
}

async function codeOf(call: Promise<unknown>) {
  return call.then(
    () => 'answered' as const,
    (error: unknown) => apiError(error)?.code,
  )
}
