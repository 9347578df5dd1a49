import { describe, expect, it } from 'vitest'
import { mailsTo } from '../../testing/accounts.js'
import { createUser } from '../../testing/factories.js'
import { createTestApp, type TestApp } from '../../testing/test-app.js'

const until = new Date('2026-06-01T07:00:00.000Z')
const hoursBefore = (hours: number) => new Date(until.getTime() - hours * 3_600_000)

async function withDigest(setting: string, work: (t: TestApp) => Promise<void>): Promise<void> {
  const t = await createTestApp({ environment: { WEEKLY_DIGEST: setting } })
  try {
    await work(t)
  } finally {
    await t.close()
  }
}

describe('the weekly digest', () => {
  it('counts the events of seven days for each admin, and is mailed to nobody else', () =>
    withDigest('true', async (t) => {
      const [admin, user, disabled] = await Promise.all([
        createUser(t, { role: 'admin' }),
        createUser(t),
        createUser(t, { role: 'admin', disabledAt: t.clock.now() }),
      ])
      await t.db.auditEvent.createMany({
        data: [1, 100, 167, 169, -1].map((hours) => ({
          type: 'login.failed',
          data: {},
          createdAt: hoursBefore(hours),
        })),
      })
      await t.container.services.digest.mailToAdmins(until)
      const [mail] = await mailsTo(t, admin.email)
      expect(mail?.subject).toContain('the week before 2026-06-01')
      expect(mail?.text).toContain('3 failed logins')
      expect(mail?.text).toContain('0 completed registrations')
      expect(await mailsTo(t, user.email)).toEqual([])
      expect(await mailsTo(t, disabled.email)).toEqual([])
    }))

  it('is mailed once to each admin, however often its job runs', () =>
    withDigest('true', async (t) => {
      const { email } = await createUser(t, { role: 'admin' })
      const { digest } = t.container.services
      await Promise.all([digest.mailToAdmins(until), digest.mailToAdmins(until)])
      await digest.mailToAdmins(until)
      expect(await mailsTo(t, email)).toHaveLength(1)
      await digest.mailToAdmins(new Date(until.getTime() + 7 * 24 * 3_600_000))
      expect(await mailsTo(t, email)).toHaveLength(2)
    }))

  it('is not sent to somebody who has lost the role meanwhile', () =>
    withDigest('true', async (t) => {
      const { id, email } = await createUser(t, { role: 'admin' })
      await t.container.services.digest.mailToAdmins(until)
      await t.db.user.update({ where: { id }, data: { role: 'user' } })
      expect(await mailsTo(t, email)).toEqual([])
    }))

  it('is not mailed unless the setting asks for it', () =>
    withDigest('', async (t) => {
      const { email } = await createUser(t, { role: 'admin' })
      await t.container.services.digest.mailToAdmins(until)
      expect(await mailsTo(t, email)).toEqual([])
    }))
})
