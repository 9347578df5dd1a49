import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMailLab, type MailLab } from '../../testing/mail-lab.js'
import { consumeMailToken, issueMailToken, type MailTokenKind, revokeTokensAndUnsentMails } from './mail-tokens.js'

let lab: MailLab

beforeAll(async () => {
  lab = await createMailLab()
})

afterAll(() => lab.close())

describe('tokens in mails', () => {
  it('S15: have 256 bits, and only their SHA-256 is stored', async () => {
    const token = await issue((await lab.createUser()).id)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    const tokenHash = new Uint8Array(createHash('sha256').update(token).digest())
    expect(await lab.db.mailToken.count({ where: { tokenHash } })).toBe(1)
  })

  it('S22: work once, also for 20 concurrent uses', async () => {
    const { id } = await lab.createUser()
    const token = await issue(id)
    const uses = await Promise.all(Array.from({ length: 20 }, () => consume(token)))
    expect(uses.filter(Boolean)).toMatchObject([{ kind: 'reset', userId: id, registrationId: null }])
    expect(await consume(token)).toBeNull()
  })

  it('S22: expire: a reset after 30 minutes', async () => {
    const token = await issue((await lab.createUser()).id)
    expect(await consume(token, { afterSeconds: 30 * 60 })).toBeNull()
    expect(await consume(token, { afterSeconds: 30 * 60 - 1 })).not.toBeNull()
  })

  it('S22: are the same for a repeated request while they are valid, and keep their expiry', async () => {
    const [one, other] = [await lab.createUser(), await lab.createUser()]
    const token = await issue(one.id)
    const ofAnother = await issue(other.id)
    const ofAnotherKind = await issue(one.id, { kind: 'invitation' })
    lab.clock.advance(29 * 60)
    expect(await issue(one.id)).toBe(token)
    expect(await lab.db.mailToken.count({ where: { userId: one.id, kind: 'reset' } })).toBe(1)
    expect(new Set([token, ofAnother, ofAnotherKind]).size).toBe(3)
    expect(await consume(token, { afterSeconds: 60 })).toBeNull()
    lab.clock.advance(60)
    expect(await issue(one.id)).not.toBe(token)
    expect(await consume(token)).toBeNull()
  })

  it('S22: are new, and replace the previous ones, if the secret has changed', async () => {
    const { id } = await lab.createUser()
    const before = await issue(id)
    const after = await issue(id, { secret: 'another secret, of 32 characters at least' })
    expect(after).not.toBe(before)
    expect(await consume(before)).toBeNull()
    expect(await consume(after)).not.toBeNull()
  })

  it('S22: are all revoked together', async () => {
    const { id } = await lab.createUser()
    const tokens = [await issue(id), await issue(id, { kind: 'invitation' })]
    await lab.db.$transaction((tx) => revokeTokensAndUnsentMails(tx, { userId: id, now: lab.clock.now() }))
    for (const token of tokens) expect(await consume(token, { kinds: ['reset', 'invitation'] })).toBeNull()
  })

  it('S22: remain valid when those of another user are revoked, and the mails of that user remain in the outbox', async () => {
    const [one, other] = [await lab.createUser(), await lab.createUser()]
    const token = await issue(other.id)
    for (const { id, email } of [one, other]) {
      for (const status of ['pending', 'sent'] as const) {
        const params = { userId: id }
        const mail = { template: 'password-reset', to: email, params, nextAttemptAt: lab.clock.now() }
        await lab.db.outboxMail.create({ data: { ...mail, status } })
      }
    }
    await lab.db.$transaction((tx) => revokeTokensAndUnsentMails(tx, { userId: one.id, now: lab.clock.now() }))
    const statusesOf = async (userId: string) => {
      const rows = await lab.db.outboxMail.findMany({ where: { userId }, select: { status: true } })
      return rows.map(({ status }) => status).toSorted()
    }
    expect([await statusesOf(one.id), await statusesOf(other.id)]).toEqual([['sent'], ['pending', 'sent']])
    expect(await consume(token)).not.toBeNull()
  })

  it('keep the time at which they were used when the others are revoked', async () => {
    const { id } = await lab.createUser()
    await consume(await issue(id))
    const usedAt = lab.clock.now()
    await issue(id)
    lab.clock.advance(60)
    await lab.db.$transaction((tx) => revokeTokensAndUnsentMails(tx, { userId: id, now: lab.clock.now() }))
    const rows = await lab.db.mailToken.findMany({ where: { userId: id }, orderBy: { usedAt: 'asc' } })
    expect(rows.map((row) => row.usedAt)).toEqual([usedAt, lab.clock.now()])
  })

  it('remain used: a further request creates a new one', async () => {
    const { id } = await lab.createUser()
    const token = await issue(id)
    expect(await consume(token)).not.toBeNull()
    expect(await issue(id)).not.toBe(token)
    expect(await consume(token)).toBeNull()
  })

  it('are rejected as another kind, and if unknown', async () => {
    const token = await issue((await lab.createUser()).id)
    expect(await consume(token, { kinds: ['verification', 'invitation'] })).toBeNull()
    expect(await consume('never-issued')).toBeNull()
    expect(await consume(token)).not.toBeNull()
  })
})

function issue(userId: string, { kind = 'reset', secret = lab.config.identity.tokenSecret }: Issuing = {}) {
  return lab.db.$transaction((tx) => issueMailToken(tx, { secret, kind, owner: { userId }, now: lab.clock.now() }))
}

interface Issuing {
  kind?: MailTokenKind
  secret?: string
}

function consume(
  token: string,
  { kinds = ['reset'], afterSeconds = 0 }: { kinds?: MailTokenKind[]; afterSeconds?: number } = {},
) {
  return lab.db.$transaction((tx) =>
    consumeMailToken(tx, { token, kinds, now: new Date(lab.clock.now().getTime() + afterSeconds * 1000) }),
  )
}
