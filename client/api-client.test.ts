import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Role } from '../server/generated/enums.js'
import { createSignedInUser, createUser } from '../server/testing/factories.js'
import { testPassword } from '../server/testing/secrets.js'
import { startTestApp } from '../server/testing/test-app.js'
import { everyProcedure } from '../server/testing/transports.js'
import { type ApiClientOptions, createApiClient } from './api-client.js'
import { creations } from './creations.js'
import { apiError } from './errors.js'
import { createNetwork, type Network } from './testing/network.js'
import { createMemoryTokenStore } from './token-store.js'

const t = await startTestApp()
let network: Network

beforeEach(() => {
  network = createNetwork(t)
})
afterEach(() => {
  vi.useRealTimers()
})

describe('login and logout', () => {
  it('uses the session for the calls after a login', async () => {
    const { client, user } = await withPassword()
    expect(await client.login({ email: user.email, password: testPassword })).toMatchObject({ id: user.id })
    expect(await client.api.users.me.query()).toMatchObject({ id: user.id })
  })

  it('reports wrong credentials after one attempt', async () => {
    const { client, user } = await withPassword()
    const login = client.login({ email: user.email, password: 'not the password of it' })
    expect(await codeOf(login)).toBe('INVALID_CREDENTIALS')
    expect(network.count('auth.')).toBe(1)
  })

  it('S75: ends the session that a login replaces, even if another user logs in', async () => {
    const { client, store, refreshToken } = await signedIn()
    const another = await createUser(t)
    await client.login({ email: another.email, password: testPassword })
    expect(store.get()).not.toBe(refreshToken)
    expect(await codeOf(t.client().auth.refresh.mutate({ refreshToken }))).toBe('INVALID_TOKEN')
    expect(await client.api.users.me.query()).toMatchObject({ id: another.id })
  })

  it('ends the session on the server at logout', async () => {
    const { client, store, refreshToken } = await signedIn()
    await client.logout()
    expect(store.get()).toBeNull()
    expect(await codeOf(client.api.users.me.query())).toBe('UNAUTHORIZED')
    expect(await codeOf(t.client().auth.refresh.mutate({ refreshToken }))).toBe('INVALID_TOKEN')
  })

  it('deletes the session at logout even if the network fails, and reports the failure', async () => {
    const { client, store } = await signedIn()
    network.intercept = breakDown('auth.logout')
    await expect(client.logout()).rejects.toThrow('the network is down')
    expect(store.get()).toBeNull()
    expect(await codeOf(client.api.users.me.query())).toBe('UNAUTHORIZED')
  })

  it('stays logged out if a concurrent refresh succeeds', async () => {
    const { client, store } = await signedIn()
    const deliver = holdAnswers()
    const resumed = client.resume()
    await vi.waitFor(() => expect(network.answered('auth.refresh')).toBe(2))
    network.delay = undefined
    await client.logout()
    deliver()
    expect(await resumed).toBeNull()
    expect(store.get()).toBeNull()
    expect(await codeOf(client.api.users.me.query())).toBe('UNAUTHORIZED')
  })
})

describe('requests', () => {
  it('share batches of at most 10 calls', async () => {
    const { client } = await signedIn()
    network.requests.length = 0
    await Promise.all(Array.from({ length: 12 }, () => client.api.users.me.query()))
    expect(network.requests).toHaveLength(2)
  })

  it('are not batched for auth procedures, and have the access token', async () => {
    const { client } = await signedIn()
    const change = () => client.api.auth.changePassword.mutate({ currentPassword: 'wrong', newPassword: 'a new one' })
    const codes = await Promise.all([codeOf(change()), codeOf(change())])
    expect(codes).not.toContain('UNAUTHORIZED')
    expect(codes).not.toContain('BAD_REQUEST')
    expect(network.count('auth.changePassword')).toBe(2)
  })

  it('have the headers of the app', async () => {
    const client = connect({ headers: { 'x-request-id': 'made-by-the-app' } })
    const error = await client.api.users.me.query().catch(apiError)
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', requestId: 'made-by-the-app' })
  })
})

describe('S45: a creation', () => {
  const newUser = () => ({ email: `${randomUUID()}@example.com`, name: 'Once' })
  const rowsOf = ({ email }: { email: string }) => t.db.user.count({ where: { email } })
  const lost = () => new TypeError('fetch failed')

  beforeEach(() => {
    for (const { path, meta } of everyProcedure().values()) if (meta.idempotency === 'kept') creations.add(path)
  })

  it('is sent again with its key if the response is lost, and happens once', async () => {
    const { client } = await signedIn('admin')
    const keys: unknown[] = []
    network.after = (path, init) => {
      if (path.includes('users.create') && keys.push(new Headers(init.headers).get('idempotency-key')) < 3) throw lost()
    }
    const input = newUser()
    const created = await client.api.users.create.mutate(input)
    expect([keys.length, new Set(keys).size, await rowsOf(input)]).toEqual([3, 1, 1])
    expect(created).toEqual(await client.api.users.get.query({ id: created.id }))
  })

  it('has a key of its own each time', async () => {
    const { client } = await signedIn('admin')
    const input = newUser()
    await client.api.users.create.mutate(input)
    expect(await codeOf(client.api.users.create.mutate(input))).toBe('EMAIL_TAKEN')
  })

  it('is given up after three repetitions, with the failure of the last', async () => {
    const { client } = await signedIn('admin')
    network.after = (path) => {
      if (path.includes('users.create')) throw lost()
    }
    const input = newUser()
    await expect(client.api.users.create.mutate(input)).rejects.toThrow('fetch failed')
    expect([network.count('users.create'), await rowsOf(input)]).toEqual([4, 1])
  })

  it('is not repeated after a refusal, and no other change is repeated', async () => {
    const { client } = await signedIn('admin')
    expect(await codeOf(client.api.users.create.mutate({ email: 'x', name: '' }))).toBe('VALIDATION_ERROR')
    expect(network.count('users.create')).toBe(1)
    network.after = (path) => {
      if (path.includes('users.updateMe')) throw lost()
    }
    await expect(client.api.users.updateMe.mutate({ name: 'New' })).rejects.toThrow('fetch failed')
    expect(network.count('users.updateMe')).toBe(1)
  })

  it('is not repeated if it was aborted', async () => {
    const { client } = await signedIn('admin')
    const controller = new AbortController()
    network.after = (path) => {
      if (!path.includes('users.create')) return
      controller.abort(new Error('closed'))
      throw lost()
    }
    await expect(client.api.users.create.mutate(newUser(), { signal: controller.signal })).rejects.toThrow()
    expect(network.count('users.create')).toBe(1)
  })
})

describe('token refresh', () => {
  it('is done once for 25 concurrent calls with an expired access token', async () => {
    const { client, user } = await signedIn()
    t.clock.advance(16 * 60)
    const answers = await Promise.all(Array.from({ length: 25 }, () => client.api.users.me.query()))
    expect(answers.map(({ id }) => id)).toEqual(Array(25).fill(user.id))
    expect(network.count('auth.refresh')).toBe(2)
  })

  it('is not repeated for a call that is rejected after it', async () => {
    const { client, user } = await signedIn()
    t.clock.advance(16 * 60)
    const deliver = holdAnswers()
    const slowCall = client.api.users.me.query()
    await vi.waitFor(() => expect(network.answered('users.me')).toBe(1))
    network.delay = undefined
    await client.api.sessions.list.query()
    deliver()
    expect(await slowCall).toMatchObject({ id: user.id })
    expect(network.count('auth.refresh')).toBe(2)
  })

  it('is done 30 seconds before the token expires, without a rejected call', async () => {
    const { client } = await signedIn()
    passOnTheClient(14 * 60 + 25)
    await client.api.users.me.query()
    expect(network.count('auth.refresh')).toBe(1)
    passOnTheClient(10)
    network.requests.length = 0
    await client.api.users.me.query()
    expect(network.requests).toEqual(['/trpc/auth.refresh', '/trpc/users.me'])
  })

  it('works for two clients that share a store and refresh at the same time', async () => {
    const { client, store } = await signedIn()
    const otherTab = connect({ tokenStore: store })
    t.clock.advance(16 * 60)
    await Promise.all([client.api.users.me.query(), otherTab.api.users.me.query()])
    expect(network.count('auth.refresh')).toBe(3)
    t.clock.advance(16 * 60)
    await Promise.all([client.api.users.me.query(), otherTab.api.users.me.query()])
  })

  it('ends the session once if the server rejects the refresh token', async () => {
    const { client, store, session, onSessionEnd } = await signedIn()
    await t.client(session).auth.logout.mutate({ refreshToken: session.refreshToken ?? '' })
    t.clock.advance(16 * 60)
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(client.api.users.me.query())))
    expect(codes).toEqual(Array(5).fill('UNAUTHORIZED'))
    expect(onSessionEnd).toHaveBeenCalledTimes(1)
    expect(store.get()).toBeNull()
    expect(await client.api.auth.requestPasswordReset.mutate({ email: 'ada@example.com' })).toBeDefined()
  })

  it('ends the session if the store contained a value that is not a token', async () => {
    const { client, store, onSessionEnd } = await signedIn()
    await store.set('x'.repeat(600))
    expect(await client.resume()).toBeNull()
    expect(onSessionEnd).toHaveBeenCalledTimes(1)
    expect(store.get()).toBeNull()
  })

  it.each([
    ['the network fails', async () => Promise.reject(new TypeError('the network is down'))],
    ['a proxy answers 502', async () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
  ])('keeps the session when %s', async (_, answer) => {
    const { client, store, onSessionEnd } = await signedIn()
    t.clock.advance(16 * 60)
    network.intercept = (path) => (path.includes('auth.refresh') ? answer() : nothing())
    expect(await codeOf(client.api.users.me.query())).toBeUndefined()
    expect(onSessionEnd).not.toHaveBeenCalled()
    expect(store.get()).not.toBeNull()
    network.intercept = nothing
    expect(await client.api.users.me.query()).toBeDefined()
  })

  it('uses the current token while it is valid if it cannot get a new one', async () => {
    const { client } = await signedIn()
    network.intercept = breakDown('auth.refresh')
    passOnTheClient(14 * 60 + 45)
    expect(await client.api.users.me.query()).toBeDefined()
    passOnTheClient(20)
    await expect(client.api.users.me.query()).rejects.toThrow('the network is down')
  })
})

function connect(options: Partial<ApiClientOptions>) {
  return createApiClient({
    url: 'http://localhost:3000/',
    fetch: (...request) => network.fetch(...request),
    ...options,
  })
}

async function withPassword(options: Partial<ApiClientOptions> = {}) {
  return { user: await createUser(t), client: connect(options) }
}

/** A client that has resumed a session, with one refresh. */
async function signedIn(role: Role = 'user') {
  const { user, session } = await createSignedInUser(t, { role })
  const store = createMemoryTokenStore()
  const onSessionEnd = vi.fn<() => void>()
  const refreshToken = session.refreshToken ?? ''
  await store.set(refreshToken)
  const client = connect({ tokenStore: store, onSessionEnd })
  await client.resume()
  return { client, user, store, session, refreshToken, onSessionEnd }
}

async function codeOf(call: Promise<unknown>) {
  return call.then(
    () => 'answered' as const,
    (error: unknown) => apiError(error)?.code,
  )
}

function holdAnswers(): () => void {
  let deliver = () => {}
  network.delay = new Promise((resolve) => {
    deliver = resolve
  })
  return () => deliver()
}

function passOnTheClient(seconds: number): void {
  const now = Date.now() + seconds * 1000
  vi.useFakeTimers({ toFake: ['Date'], now })
}

async function nothing(): Promise<undefined> {}

function breakDown(name: string) {
  return async (path: string): Promise<undefined> => {
    if (path.includes(name)) throw new TypeError('the network is down')
  }
}
