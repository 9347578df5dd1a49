import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../testing/test-app.js'
import { inviteNewAdmin } from './invite.js'

const t = await startTestApp()

const invite = (email: string, name = 'First Admin') =>
  inviteNewAdmin({ db: t.container.db, clock: t.clock, audit: t.container.services.audit }, { email, name })

describe('the first admin of an installation', () => {
  it('gets an account without a password, an invitation, and an audit event', async () => {
    const { id } = await invite(' Root@Example.com ')
    const row = await t.db.user.findUniqueOrThrow({ where: { id }, omit: { passwordHash: false } })
    expect(row).toMatchObject({ email: 'root@example.com', role: 'admin', passwordHash: null, emailVerifiedAt: null })
    expect(await t.db.outboxMail.findFirst({ where: { to: row.email } })).toMatchObject({ template: 'invitation' })
    expect(await t.db.auditEvent.findFirst({ where: { userId: id } })).toMatchObject({
      type: 'user.created',
      actorId: null,
    })
  })

  it('is rejected for an address that has an account, without any change', async () => {
    await invite('twice@example.com')
    await expect(invite('twice@example.com')).rejects.toMatchObject({ code: 'EMAIL_TAKEN' })
    expect(await t.db.outboxMail.count({ where: { to: 'twice@example.com' } })).toBe(1)
  })

  it('is rejected for an invalid address or name', async () => {
    await expect(invite('not an address')).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
    await expect(invite('x@example.com', '  ')).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
  })
})
