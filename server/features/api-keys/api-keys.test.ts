import { createHash } from 'node:crypto'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import superjson from 'superjson'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { apiError, createApiClient } from '../../../client/index.js'
import { createCallers } from '../../callers.js'
import { createLogger } from '../../core/logger.js'
import type { AppRouter } from '../../router.js'
import { newestToken } from '../../testing/accounts.js'
import { newPerson, type Person } from '../../testing/cast.js'
import { errorOf, outcomeOfCall } from '../../testing/errors.js'
import { createApiKey, createUser } from '../../testing/factories.js'
import { injectFetch } from '../../testing/inject.js'
import { testPassword } from '../../testing/secrets.js'
import { createTestApp, startTestApp } from '../../testing/test-app.js'

const lines: string[] = []
const sink = { write: (line: string) => void lines.push(line) }
const t = await startTestApp({ log: createLogger({ mode: 'production', logLevel: 'info' }, sink) })
let owner: Person

beforeEach(async () => {
  owner = await newPerson(t)
})

const inDays = (days: number) => new Date(t.clock.now().getTime() + days * 24 * 3600 * 1000)

/** Creates a key over tRPC, and a client for it. */
async function createKey({ api }: Person, input: { expiresAt?: Date } = {}) {
  const created = await api.apiKeys.create.mutate({ name: 'Import', scopes: ['users:read'], ...input })
  return { ...created, session: { accessToken: created.key } }
}

const statusOf = async (key: string) => (await t.rest({ accessToken: key })('GET', '/users/me')).status

describe('S33: an API key', () => {
  it('is shown once, and only its hash is stored', async () => {
    const { status, headers, body } = await owner.rest('POST', '/api-keys', {
      body: { name: ' Nightly import ', scopes: ['users:read'], expiresAt: '2099-01-01T00:00:00+02:00' },
    })
    const { key, ...shown } = body.data
    expect([status, headers.location]).toEqual([201, undefined])
    expect(key).toMatch(new RegExp(`^${t.config.app.name}_[0-9A-Za-z]{38}$`))
    expect(shown).toEqual({
      id: expect.any(String),
      name: 'Nightly import',
      scopes: ['users:read'],
      start: key.slice(0, t.config.app.name.length + 5),
      expiresAt: '2098-12-31T22:00:00.000Z',
      lastUsedAt: null,
      createdAt: expect.any(String),
    })
    expect((await owner.rest('GET', '/api-keys')).body.data).toEqual([shown])
    const row = await t.db.apiKey.findUniqueOrThrow({ where: { id: shown.id }, omit: { keyHash: false } })
    expect(Buffer.from(row.keyHash)).toEqual(createHash('sha256').update(key).digest())
    expect(JSON.stringify(await t.db.$queryRaw`SELECT to_jsonb(k) FROM "ApiKey" k`)).not.toContain(key)
  })

  it('acts as its owner over both transports, alone and in a batch, and in process', async () => {
    const { session } = await createKey(owner)
    const { id } = owner.user
    expect(await t.client(session).users.me.query()).toMatchObject({ id })
    expect((await t.rest(session)('GET', '/users/me')).body.data).toMatchObject({ id })
    expect(await createCallers(t.container).withToken(session.accessToken).users.me()).toMatchObject({ id })
    const link = httpBatchLink({
      url: 'http://localhost:3000/trpc',
      transformer: superjson,
      headers: { authorization: `Bearer ${session.accessToken}` },
      fetch: injectFetch(t.app),
    })
    const batch = createTRPCClient<AppRouter>({ links: [link] })
    const calls = [batch.users.me.query(), batch.sessions.list.query(), batch.apiKeys.list.query()]
    const results = await Promise.allSettled(calls)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect((await errorOf(batch.sessions.list.query())).code).toBe('FORBIDDEN')
  })

  it('is sent by the client as a header, which the client never refreshes', async () => {
    const { id, session } = await createKey(owner)
    const paths: string[] = []
    const send = injectFetch(t.app)
    const fetch = (...[url, init]: Parameters<typeof send>) => {
      paths.push(new URL(url).pathname)
      return send(url, init)
    }
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const program = createApiClient({ url: 'http://localhost:3000', headers, fetch })
    expect(await program.api.users.me.query()).toMatchObject({ id: owner.user.id })
    await owner.api.apiKeys.revoke.mutate({ id })
    expect(apiError(await program.api.users.me.query().catch((error: unknown) => error))?.code).toBe('UNAUTHORIZED')
    expect(new Set(paths)).toEqual(new Set(['/trpc/users.me']))
  })

  it('lacks what is not in its scopes, also if anybody may call it, and every right of an admin', async () => {
    const admin = await newPerson(t, { role: 'admin' })
    const none = await createApiKey(t, admin.user, ['other:read'])
    const all = await createApiKey(t, admin.user)
    expect((await t.rest(none)('GET', '/users/me')).body.error).toMatchObject({
      code: 'FORBIDDEN',
      message: 'The API key does not have the scope "users:read".',
    })
    expect((await t.rest(all)('GET', '/users')).body.error.code).toBe('FORBIDDEN')
    expect((await t.client(all).users.me.query()).role).toBe('admin')
    const client = t.client(all)
    const calls = [
      () => client.apiKeys.create.mutate({ name: 'Another', scopes: ['users:read'] }),
      () => client.apiKeys.list.query(),
      () => client.apiKeys.revoke.mutate({ id: all.id }),
      () =>
        client.auth.changePassword.mutate({ currentPassword: testPassword, newPassword: 'a password nobody chose' }),
      () => client.auth.login.mutate({ email: admin.user.email, password: testPassword }),
      () => client.users.updateMe.mutate({ name: 'Renamed' }),
      () => client.users.removeMe.mutate({ password: testPassword }),
      () => client.users.exportMe.query(),
      () => client.sessions.revokeOthers.mutate(),
    ]
    for (const call of calls) expect((await errorOf(call())).code).toBe('FORBIDDEN')
    expect(await t.db.session.count({ where: { userId: admin.user.id, revokedAt: null } })).toBe(1)
  })

  it('is refused without a query if it is mistyped, and as an unknown one if it was never created', async () => {
    const { session } = await createKey(owner)
    const read = vi.spyOn(t.container.db.apiKey, 'findUnique')
    const mistyped = session.accessToken.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'))
    expect(await statusOf(mistyped)).toBe(401)
    expect(read).not.toHaveBeenCalled()
    read.mockRestore()
    const { accessToken } = await createApiKey(t, owner.user)
    await t.db.apiKey.deleteMany({ where: { userId: owner.user.id } })
    expect(await statusOf(accessToken)).toBe(401)
    expect(await outcomeOfCall(createCallers(t.container).withToken(accessToken).users.me())).toBe('UNAUTHORIZED')
  })

  it('expires, and then no longer counts or appears', async () => {
    const { session } = await createKey(owner, { expiresAt: inDays(1) })
    expect(await statusOf(session.accessToken)).toBe(200)
    t.clock.advance(24 * 3600)
    expect(await statusOf(session.accessToken)).toBe(401)
    const again = await newPerson(t)
    expect(await again.api.apiKeys.list.query()).toEqual([])
  })

  it.each([-1, 0])('cannot expire %d days from now', async (days) => {
    const input = { name: 'K', scopes: ['users:read' as const], expiresAt: inDays(days) }
    expect(await errorOf(owner.api.apiKeys.create.mutate(input))).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ path: 'expiresAt' }],
    })
  })

  it.each([
    ['a number', 4_102_444_800_000],
    ['a day', '2099-01-01'],
    ['a time without an offset', '2099-01-01T00:00:00'],
    ['no time', '2099-13-01T00:00:00Z'],
    ['null', null],
    ['a year beyond 9999', '+010000-01-01T00:00:00Z'],
  ])('takes no expiry that is %s', async (_name, expiresAt) => {
    const { body } = await owner.rest('POST', '/api-keys', { body: { name: 'K', scopes: ['users:read'], expiresAt } })
    expect(body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'expiresAt' }] })
  })

  it.each([[[]], [['users:read', 'users:read']], [['users:write']], ['users:read']])(
    'has at least one scope, each once, and no unknown ones: not %j',
    async (scopes) => {
      const { body } = await owner.rest('POST', '/api-keys', { body: { name: 'K', scopes } })
      expect(body.error.code).toBe('VALIDATION_ERROR')
    },
  )

  it('is revoked by its owner alone, once, and at once on every instance', async () => {
    const other = await newPerson(t)
    const { id, session } = await createKey(owner)
    const instance = await createTestApp({ databaseUrl: t.config.database.directUrl ?? '', clock: t.clock })
    const elsewhere = async () => (await instance.rest(session)('GET', '/users/me')).status
    expect([await statusOf(session.accessToken), await elsewhere()]).toEqual([200, 200])
    expect((await errorOf(other.api.apiKeys.revoke.mutate({ id }))).code).toBe('NOT_FOUND')
    expect((await owner.rest('DELETE', `/api-keys/${id}`)).status).toBe(204)
    expect([await statusOf(session.accessToken), await elsewhere()]).toEqual([401, 401])
    expect((await owner.rest('DELETE', `/api-keys/${id}`)).status).toBe(404)
    await instance.close()
  })

  it('stays out of the log', async () => {
    lines.length = 0
    const { key } = await createKey(owner)
    await statusOf(key)
    t.container.log.info({ key, nested: { authorization: `Bearer ${key}` } }, 'planted')
    const log = lines.join('')
    expect(log).toContain('planted')
    expect(log).not.toContain(key)
    expect(log).toContain('"keyId"')
  })
})

describe('S33: the last use of a key', () => {
  const usesOf = (id: string) => t.db.apiKey.findUniqueOrThrow({ where: { id }, select: { lastUsedAt: true } })

  it('is written at most once a minute, and no request waits for it', async () => {
    const { id, session } = await createKey(owner)
    const write = vi.spyOn(t.container.db.apiKey, 'updateMany')
    const first = t.clock.now()
    await statusOf(session.accessToken)
    await expect.poll(() => usesOf(id)).toEqual({ lastUsedAt: first })
    t.clock.advance(59)
    await statusOf(session.accessToken)
    expect(write).toHaveBeenCalledTimes(1)
    t.clock.advance(1)
    await statusOf(session.accessToken)
    await expect.poll(() => usesOf(id)).toEqual({ lastUsedAt: t.clock.now() })
    write.mockRestore()
  })

  it('refuses no request if it cannot be written, and is logged', async () => {
    const { session } = await createKey(owner)
    const write = vi.spyOn(t.container.db.apiKey, 'updateMany').mockRejectedValueOnce(new Error('no disk'))
    lines.length = 0
    expect(await statusOf(session.accessToken)).toBe(200)
    await expect.poll(() => lines.join('')).toContain('the last use of an API key could not be stored')
    write.mockRestore()
  })
})

describe('S33: the keys of a user', () => {
  it('are at most 20, also if 40 are created at once; ended and expired ones do not count', async () => {
    const countLiving = () => t.db.apiKey.count({ where: { userId: owner.user.id, revokedAt: null } })
    const attempts = await Promise.allSettled(Array.from({ length: 40 }, () => createKey(owner)))
    const made = attempts.filter(({ status }) => status === 'fulfilled').length
    expect([made, await countLiving()]).toEqual([Math.min(made, 20), made])
    // On a busy machine, some of the attempts are answered with 503.
    for (let count = made; count < 20; count += 1) await createKey(owner)
    const living = await owner.api.apiKeys.list.query()
    expect(living).toHaveLength(20)
    const refusal = await owner.rest('POST', '/api-keys', { body: { name: 'K', scopes: ['users:read'] } })
    expect([refusal.status, refusal.body.error.code]).toEqual([409, 'CONFLICT'])
    await owner.api.apiKeys.revoke.mutate({ id: living[0]?.id ?? '' })
    const { id } = await createKey(owner)
    await t.db.apiKey.update({ where: { id }, data: { expiresAt: t.clock.now() } })
    expect((await createKey(owner)).start).toMatch(/_/)
  })

  it('have limits of their own, apart from those of their owner', async () => {
    const { session, id } = await createKey(owner)
    const other = await createKey(owner)
    const rule = { name: 'default', by: 'actor', points: 30_000, windowSeconds: 60, store: 'local' } as const
    for (let calls = 0; calls < rule.points; calls += 1) await t.container.limits.charge(rule, `key:${id}`)
    expect(await statusOf(session.accessToken)).toBe(429)
    expect([await statusOf(other.session.accessToken), (await owner.rest('GET', '/users/me')).status]).toEqual([
      200, 200,
    ])
  })

  it('are exported, without what they are made of', async () => {
    const { key: _, session, ...shown } = await createKey(owner)
    await owner.api.apiKeys.revoke.mutate({ id: shown.id })
    const exported = await owner.api.users.exportMe.query()
    expect(exported.apiKeys).toEqual([{ ...shown, endedAt: t.clock.now(), endReason: 'api_key.revoked' }])
    expect(JSON.stringify(exported)).not.toContain(session.accessToken)
  })
})

describe('S33: the keys of a user end', () => {
  const createAdmin = () => newPerson(t, { role: 'admin' })

  it.each([
    ['is disabled', ({ api }: Person, id: string) => api.users.update.mutate({ id, status: 'disabled' })],
    [
      'gets another address',
      ({ api }: Person, id: string) => api.users.update.mutate({ id, email: `${id}@example.com` }),
    ],
    ['is deleted', ({ api }: Person, id: string) => api.users.remove.mutate({ id })],
    ['has lost the password', (_admin: Person, id: string) => resetPassword(id)],
  ])('when the user %s, and stay so', async (_event, act) => {
    const { session, id: keyId } = await createKey(owner)
    const { id } = owner.user
    const admin = await createAdmin()
    await act(admin, id)
    expect(await statusOf(session.accessToken)).toBe(401)
    await t.db.user.updateMany({
      where: { id, deletedAt: { not: null } },
      data: { deletedAt: null },
    })
    await t.db.user.update({ where: { id }, data: { disabledAt: null, emailVerifiedAt: t.clock.now() } })
    expect(await statusOf(session.accessToken)).toBe(401)
    expect(await t.db.apiKey.findUnique({ where: { id: keyId } })).toMatchObject({ revokedAt: t.clock.now() })
  })

  it('when the user is erased, with their rows', async () => {
    await createKey(owner)
    const { api } = await createAdmin()
    await api.users.remove.mutate({ id: owner.user.id })
    await api.users.erase.mutate({ id: owner.user.id })
    expect(await t.db.apiKey.count({ where: { userId: owner.user.id } })).toBe(0)
  })

  it('but not when the user changes the password, the name or the role', async () => {
    const { session } = await createKey(owner)
    const newPassword = 'a password nobody chose yet'
    await owner.api.auth.changePassword.mutate({ currentPassword: testPassword, newPassword })
    await owner.api.users.updateMe.mutate({ name: 'Renamed' })
    await (await createAdmin()).api.users.update.mutate({ id: owner.user.id, role: 'admin' })
    expect(await statusOf(session.accessToken)).toBe(200)
  })

  it('for as long as the user may not log in, whatever the row of the key says', async () => {
    const { session } = await createKey(owner)
    const states = [{ disabledAt: t.clock.now() }, { emailVerifiedAt: null }, { deletedAt: t.clock.now() }]
    for (const state of states) {
      const healthy = { disabledAt: null, emailVerifiedAt: t.clock.now(), deletedAt: null }
      await t.db.user.updateMany({ where: { id: owner.user.id }, data: { ...healthy, ...state } })
      expect(await statusOf(session.accessToken)).toBe(401)
    }
  })

  it('and none is created for a user who was disabled meanwhile', async () => {
    const user = await createUser(t, { disabledAt: t.clock.now() })
    const actor = {
      userId: user.id,
      role: 'user',
      sessionId: null,
      origin: { requestId: 'x', ip: '', userAgent: '' },
    } as const
    const creation = t.container.services.apiKeys.create(actor, { name: 'K', scopes: ['users:read'] })
    await expect(creation).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(await t.db.apiKey.count({ where: { userId: user.id } })).toBe(0)
  })
})

async function resetPassword(id: string): Promise<void> {
  const { email } = await t.db.user.findUniqueOrThrow({ where: { id } })
  await t.client().auth.requestPasswordReset.mutate({ email })
  const token = await newestToken(t, email)
  await t.client().auth.resetPassword.mutate({ token, password: 'a password nobody chose yet' })
}
