import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMailLab, type MailLab } from '../testing/mail-lab.js'
import { consumeMailToken, issueMailToken, killMailTokens, type MailTokenKind } from './mail-tokens.js'

let lab: MailLab
let counter = 0

beforeAll(async () => {
  lab = await createMailLab()
})

afterAll(() => lab.close())

describe('mailed tokens', () => {
  it('S15: have 256 bits and rest only as SHA-256', async () => {
    const token = await issue((await lab.createUser()).id)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    const tokenHash = new Uint8Array(createHash('sha256').update(token).digest())
    expect(await lab.db.mailToken.count({ where: { tokenHash } })).toBe(1)
  })

  it('S22: work once, also when 20 use one at once', async () => {
    const { id } = await lab.createUser()
    const token = await issue(id)
    const uses = await Promise.all(Array.from({ length: 20 }, () => consume(token)))
    expect(uses.filter(Boolean)).toEqual([{ kind: 'reset', userId: id, registrationId: null }])
    expect(await consume(token)).toBeNull()
  })

  it('S22: end with their time: a reset after 30 minutes', async () => {
    const token = await issue((await lab.createUser()).id)
    expect(await consume(token, { afterSeconds: 30 * 60 })).toBeNull()
    expect(await consume(token, { afterSeconds: 30 * 60 - 1 })).not.toBeNull()
  })

  it('S22: are killed by a newer one of the same kind and owner, and by nobody else', async () => {
    const [one, other] = [await lab.createUser(), await lab.createUser()]
    const older = await issue(one.id)
    const ofAnother = await issue(other.id)
    const ofAnotherKind = await issue(one.id, { kind: 'invitation' })
    const newer = await issue(one.id)
    expect(await consume(older)).toBeNull()
    expect(await consume(newer)).not.toBeNull()
    expect(await consume(ofAnother)).not.toBeNull()
    expect(await consume(ofAnotherKind, { kinds: ['invitation'] })).not.toBeNull()
  })

  it('S22: are all killed together', async () => {
    const { id } = await lab.createUser()
    const tokens = [await issue(id), await issue(id, { kind: 'invitation' })]
    await killMailTokens(lab.db, { userId: id, now: lab.clock.now() })
    for (const token of tokens) expect(await consume(token, { kinds: ['reset', 'invitation'] })).toBeNull()
  })

  it('are the same for one mail, with a new end, and stay used', async () => {
    const { id } = await lab.createUser()
    const mailId = nextId()
    const token = await issue(id, { mailId })
    lab.clock.advance(29 * 60)
    expect(await issue(id, { mailId })).toBe(token)
    expect(await consume(token, { afterSeconds: 29 * 60 })).not.toBeNull()
    expect(await issue(id, { mailId })).toBe(token)
    expect(await consume(token)).toBeNull()
  })

  it('are refused where another kind is asked for, and when unknown', async () => {
    const token = await issue((await lab.createUser()).id)
    expect(await consume(token, { kinds: ['verification', 'invitation'] })).toBeNull()
    expect(await consume('never-issued')).toBeNull()
    expect(await consume(token)).not.toBeNull()
  })
})

function issue(userId: string, { kind = 'reset', mailId = nextId() }: { kind?: MailTokenKind; mailId?: string } = {}) {
  return issueMailToken(lab.db, { secret: lab.config.identity.tokenSecret, mailId, kind, userId, now: lab.clock.now() })
}

function consume(
  token: string,
  { kinds = ['reset'], afterSeconds = 0 }: { kinds?: MailTokenKind[]; afterSeconds?: number } = {},
) {
  return consumeMailToken(lab.db, { token, kinds, now: new Date(lab.clock.now().getTime() + afterSeconds * 1000) })
}

function nextId(): string {
  return `01900000-0000-7000-8000-${String(++counter).padStart(12, '0')}`
}
