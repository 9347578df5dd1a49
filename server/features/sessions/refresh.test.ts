import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hashToken } from '../../core/security/refresh-tokens.js'
import { refreshCookieName } from '../../testing/browser-jar.js'
import { errorOf } from '../../testing/errors.js'
import { createSignedInUser, createUser, signIn } from '../../testing/factories.js'
import { createTestApp, startTestApp } from '../../testing/test-app.js'

const day = 24 * 3600

const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '11' } })
const refresh = (refreshToken: string) => t.client().auth.refresh.mutate({ refreshToken })
const refusal = async (refreshToken: string) => (await errorOf(refresh(refreshToken))).code
const sessionOf = (id: string) => t.db.session.findUniqueOrThrow({ where: { id }, omit: { refreshTokenHash: false } })
const works = (accessToken: string) =>
  t
    .client({ accessToken })
    .users.me.query()
    .then(
      () => true,
      () => false,
    )

async function next(refreshToken: string): Promise<string> {
  return (await refresh(refreshToken)).refreshToken ?? ''
}

describe('rotation', () => {
  it('returns valid tokens, and extends the session', async () => {
    const { user, session } = await createSignedInUser(t)
    t.clock.advance(60)
    const answer = await refresh(session.refreshToken)
    expect(answer).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, user: { id: user.id, status: 'active' } })
    expect(answer.refreshToken).not.toBe(session.refreshToken)
    expect(await works(answer.accessToken)).toBe(true)
    const row = await sessionOf(session.sessionId)
    expect(row).toMatchObject({ generation: 1, lastUsedAt: t.clock.now(), rotatedAt: t.clock.now() })
    expect(row.expiresAt.getTime()).toBe(t.clock.now().getTime() + 7 * day * 1000)
  })

  it('S15: stores only a hash, and no issued token', async () => {
    const { session } = await createSignedInUser(t)
    const second = await next(session.refreshToken)
    const row = await sessionOf(session.sessionId)
    expect(Buffer.from(row.refreshTokenHash)).toEqual(Buffer.from(hashToken(second)))
    const dump = JSON.stringify(await t.db.$queryRaw`SELECT s::text AS row FROM "Session" s`)
    for (const token of [session.refreshToken, second]) {
      expect(dump).not.toContain(token.split('.')[2])
      expect(dump).not.toContain(Buffer.from(token.split('.')[2] ?? '', 'base64url').toString('hex'))
    }
  })

  it('S16: 50 concurrent refreshes with one token create one successor, and all return the same working session', async () => {
    const { session } = await createSignedInUser(t)
    const { sessions } = t.container.services
    const origin = { requestId: 'r', ip: '127.0.0.1', userAgent: 'test' }
    const winners = await Promise.all(
      Array.from({ length: 50 }, () => sessions.refresh(origin, [session.refreshToken])),
    )
    expect(new Set(winners.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    expect(new Set(winners.map(({ sessionId }) => sessionId))).toEqual(new Set([session.sessionId]))
    expect(await Promise.all(winners.map(({ accessToken }) => works(accessToken)))).toEqual(winners.map(() => true))
    expect(await sessionOf(session.sessionId)).toMatchObject({ generation: 1, revokedAt: null })
    expect(await next(winners[0]?.refreshToken ?? '')).toBeTruthy()
  })
})

describe('reuse', () => {
  it('S17: the previous token returns the same successor for 10 seconds', async () => {
    const { session } = await createSignedInUser(t)
    const first = await refresh(session.refreshToken)
    t.clock.advance(10)
    const again = await refresh(session.refreshToken)
    expect(again.refreshToken).toBe(first.refreshToken)
    expect(await works(again.accessToken)).toBe(true)
    expect(await sessionOf(session.sessionId)).toMatchObject({ generation: 1, revokedAt: null })
  })

  it('S17: after that it ends the session, and the event is recorded', async () => {
    const { user, session } = await createSignedInUser(t)
    const first = await refresh(session.refreshToken)
    t.clock.advance(11)
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
    expect(await refusal(first.refreshToken ?? '')).toBe('INVALID_TOKEN')
    expect(await works(first.accessToken)).toBe(false)
    expect(await sessionOf(session.sessionId)).toMatchObject({ revokedReason: 'refresh.reused' })
    const events = await t.db.auditEvent.findMany({ where: { userId: user.id, type: 'refresh.reused' } })
    expect(events).toMatchObject([{ data: { sessionId: session.sessionId } }])
  })

  it('S17: once the successor was used, an older token ends the session immediately', async () => {
    const { session } = await createSignedInUser(t)
    const second = await next(session.refreshToken)
    const third = await next(second)
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
    expect(await refusal(third)).toBe('INVALID_TOKEN')
  })

  it('ends nothing for a forged token', async () => {
    const { session } = await createSignedInUser(t)
    const [id, , mac] = session.refreshToken.split('.')
    for (const forged of [`${id}.1.${mac}`, `${id}.0.${'A'.repeat(43)}`, 'x', session.accessToken, '\0']) {
      expect(await refusal(forged)).toBe('INVALID_TOKEN')
    }
    expect(await next(session.refreshToken)).toBeTruthy()
  })

  it('does not end other sessions of the user', async () => {
    const { user, session } = await createSignedInUser(t)
    const other = await signIn(t, user)
    await next(await next(session.refreshToken))
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
    expect(await next(other.refreshToken)).toBeTruthy()
  })
})

describe('the end of a session', () => {
  it('S18: a refresh decides by the state after the previous transaction, not by the state when it started', async () => {
    const { session } = await createSignedInUser(t)
    const id = session.sessionId
    const outcome = await t.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT "id" FROM "Session" WHERE "id" = ${id}::uuid FOR UPDATE`
      const waiting = refusal(session.refreshToken)
      await delay(100)
      await tx.session.update({ where: { id }, data: { generation: 5, refreshTokenHash: hashToken('five') } })
      return { waiting }
    })
    expect(await outcome.waiting).toBe('INVALID_TOKEN')
    expect(await sessionOf(id)).toMatchObject({ generation: 5, revokedReason: 'refresh.reused' })
  })

  it('S18: after a concurrent rotation and revocation, in any order, no token is valid', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { user, session } = await createSignedInUser(t)
      const [refreshed] = await Promise.allSettled([
        refresh(session.refreshToken),
        t.db.$transaction((tx) => t.container.services.sessions.endAll(tx, { userId: user.id, reason: 'test' })),
      ])
      expect(await sessionOf(session.sessionId)).toMatchObject({ revokedReason: 'test' })
      if (refreshed.status === 'rejected') continue
      expect(await refusal(refreshed.value.refreshToken ?? '')).toBe('INVALID_TOKEN')
      expect(await works(refreshed.value.accessToken)).toBe(false)
    }
  })

  it('S19: seven idle days', async () => {
    const { session } = await createSignedInUser(t)
    t.clock.advance(7 * day - 1)
    const second = await next(session.refreshToken)
    t.clock.advance(7 * day)
    expect(await refusal(second)).toBe('INVALID_TOKEN')
  })

  it('S19: thirty days, however often it is used', async () => {
    const { session } = await createSignedInUser(t)
    let token = session.refreshToken
    for (let week = 0; week < 4; week += 1) {
      t.clock.advance(7 * day - 1)
      token = await next(token)
    }
    const row = await sessionOf(session.sessionId)
    expect(row.expiresAt).toEqual(row.absoluteExpiresAt)
    t.clock.advance(2 * day + 4)
    expect(await refusal(token)).toBe('INVALID_TOKEN')
  })

  it.each([
    ['deleted', { deletedAt: new Date() }],
    ['disabled', { disabledAt: new Date() }],
    ['unverified', { emailVerifiedAt: null }],
  ])('S20: a user who is %s is rejected, and the session ends permanently', async (_state, change) => {
    const { user, session } = await createSignedInUser(t)
    await t.db.user.update({ where: { id: user.id }, data: change })
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
    const data = { deletedAt: null, disabledAt: null, emailVerifiedAt: t.clock.now() }
    await t.db.user.updateMany({
      where: { AND: [{ OR: [{ deletedAt: null }, { deletedAt: { not: null } }] }, { id: user.id }] },
      data,
    })
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
  })
})

describe('scenarios', () => {
  it('two tabs refresh with the same token: both continue', async () => {
    const { session } = await createSignedInUser(t)
    const [left, right] = await Promise.all([next(session.refreshToken), next(session.refreshToken)])
    expect(left).toBe(right)
    t.clock.advance(900)
    expect(await next(left)).toBe(await next(right))
  })

  it('a response is lost, or the server restarts before it is sent: a retry gets the same tokens', async () => {
    const { session } = await createSignedInUser(t)
    const lost = await next(session.refreshToken)
    const restarted = await createTestApp({ databaseUrl: t.config.database.directUrl ?? '', clock: t.clock })
    try {
      const retried = await restarted.client().auth.refresh.mutate({ refreshToken: session.refreshToken })
      expect(retried.refreshToken).toBe(lost)
    } finally {
      await restarted.close()
    }
  })

  it('a laptop sleeps between request and response for longer than the grace period: the session ends, and a login helps', async () => {
    const { user, session } = await createSignedInUser(t)
    await next(session.refreshToken)
    t.clock.advance(3600)
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
    expect(await next((await signIn(t, user)).refreshToken)).toBeTruthy()
  })

  it('an attacker uses a stolen token first: the later refresh of the owner ends the session of both', async () => {
    const { session } = await createSignedInUser(t)
    const stolen = await refresh(session.refreshToken)
    t.clock.advance(600)
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
    expect(await refusal(stolen.refreshToken ?? '')).toBe('INVALID_TOKEN')
    expect(await works(stolen.accessToken)).toBe(false)
  })

  it('an attacker replays an old token: the session ends for both', async () => {
    const { session } = await createSignedInUser(t)
    const owners = await next(await next(session.refreshToken))
    expect(await refusal(session.refreshToken)).toBe('INVALID_TOKEN')
    expect(await refusal(owners)).toBe('INVALID_TOKEN')
  })
})

describe('the cookie', () => {
  const origin = { origin: 'http://app.localhost:5173' }

  async function openWithCookie() {
    const user = await createUser(t)
    const from = { requestId: 'r', ip: '127.0.0.1', userAgent: 'test' }
    const signedIn = await t.db.$transaction((tx) => t.container.services.sessions.open(tx, user, from, 'cookie'))
    return { ...signedIn, headers: { ...origin, cookie: `${refreshCookieName}=${signedIn.refreshToken}` } }
  }

  it('S40: is used if the body has no token, and is set again', async () => {
    const { headers } = await openWithCookie()
    const reply = await t.rest()('POST', '/auth/refresh', { headers })
    expect(reply.status).toBe(200)
    expect(reply.body.data.accessToken).toBeTruthy()
    expect(reply.body.data).not.toHaveProperty('refreshToken')
    expect(String(reply.headers['set-cookie'])).toMatch(
      new RegExp(`^${refreshCookieName}=[\\w.-]+; .*HttpOnly; SameSite=Lax`),
    )
  })

  it('S40: the token of a cookie session is never in the body', async () => {
    const { refreshToken } = await openWithCookie()
    expect(await refresh(refreshToken)).not.toHaveProperty('refreshToken')
  })

  it('is cleared if it is no longer valid', async () => {
    const { headers, sessionId } = await openWithCookie()
    await t.db.session.update({ where: { id: sessionId }, data: { revokedAt: t.clock.now() } })
    const reply = await t.rest()('POST', '/auth/refresh', { headers })
    expect(reply.status).toBe(401)
    expect(String(reply.headers['set-cookie'])).toMatch(new RegExp(`^${refreshCookieName}=;`))
  })

  it('S40: is rejected from another origin; a request without any token is rejected too', async () => {
    const { headers } = await openWithCookie()
    const foreign = await t.rest()('POST', '/auth/refresh', { headers: { ...headers, origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
    expect((await t.rest()('POST', '/auth/refresh')).body.error.code).toBe('INVALID_TOKEN')
  })
})
