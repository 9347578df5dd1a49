import type { Clock } from '../clock.js'
import type { Database } from '../database/client.js'
import type { JobRun } from '../jobs/job.js'
import type { Mailer } from './mailer.js'
import { enqueueSending, heldUntil } from './outbox.js'
import type { MailTemplates, WrittenMail } from './templates.js'

interface DeliveryOptions {
  /** The sender of every mail, such as `Name <no-reply@example.com>`. */
  from: string
  templates: MailTemplates
  db: Database
  clock: Clock
  mailer: Mailer
}

interface UnsentMail {
  id: string
  to: string
  written: WrittenMail
}

const unsent = { in: ['pending' as const, 'dead' as const] }
const adoptedMax = 100

/** What the jobs of the outbox do. */
export function createDelivery(options: DeliveryOptions) {
  const { db, clock } = options
  return {
    /**
     * Sends a mail outside of any transaction, and then marks it as sent: if the worker is killed in between, a second
     * copy is sent and no mail is lost. A mail that is gone, or was sent, needs nothing.
     *
     * @throws Error with the reason, without the token of the link, if it could not be sent
     */
    async deliver({ mailId }: { mailId: string }, run: JobRun): Promise<void> {
      const mail = await write(options, mailId, run)
      if (!mail) return
      if (!mail.written.isSendable) {
        const { reason } = mail.written
        await settle(db, mailId, { status: 'dead', lastError: reason })
        run.log.info({ mailId, reason }, 'mail not sent')
        return
      }
      const failure = await send(options, { ...mail, written: mail.written })
      if (failure === null) {
        await settle(db, mailId, { status: 'sent', sentAt: clock.now(), lastError: null })
        return
      }
      await settle(db, mailId, { status: run.isLastAttempt ? 'dead' : 'pending', lastError: failure })
      throw new Error(failure)
    },

    /** Adds the jobs of waiting mails that no job holds. Returns their number. */
    adopt: (): Promise<number> =>
      db.$transaction(async (tx) => {
        const now = clock.now()
        const where = { status: 'pending', nextAttemptAt: { lte: now } } as const
        const data = { nextAttemptAt: heldUntil(now, 0) }
        const mails = await tx.outboxMail.updateManyAndReturn({ where, data, limit: adoptedMax, select: { id: true } })
        for (const { id } of mails) await enqueueSending(tx, id)
        return mails.length
      }),
  }
}

/** Writes the mail in a transaction that locks its row, so that a link is not created and revoked at the same time. */
function write({ db, templates }: DeliveryOptions, id: string, run: JobRun): Promise<UnsentMail | null> {
  return db.$transaction(async (tx) => {
    const [mail] = await tx.outboxMail.updateManyAndReturn({
      where: { id, status: unsent },
      data: { attempts: run.attempt, nextAttemptAt: heldUntil(run.now, run.attempt) },
      select: { to: true, template: true, params: true },
    })
    if (!mail) return null
    const { to, template, params } = mail
    const writeMail = Object.hasOwn(templates, template) ? templates[template] : undefined
    const written = writeMail
      ? await writeMail(tx, { to, params })
      : { isSendable: false as const, reason: 'No template is registered for this mail.' }
    return { id, to, written }
  })
}

type Draft = UnsentMail & { written: Extract<WrittenMail, { isSendable: true }> }

/** @returns the reason of the failure, or null */
async function send({ mailer, from }: DeliveryOptions, { id, to, written }: Draft): Promise<string | null> {
  const { token, subject, text, html } = written
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'localhost'
  try {
    await mailer.send({ id, to, from, subject, text, html, messageId: `<${id}@${domain}>` })
    return null
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // A mail server may quote the rejected message, with its link.
    return (token ? reason.replaceAll(token, '[token]') : reason).slice(0, 500)
  }
}

type Settlement = Parameters<Database['outboxMail']['updateMany']>[0]['data']

async function settle(db: Database, id: string, data: Settlement): Promise<void> {
  await db.outboxMail.updateMany({ where: { id, status: unsent }, data })
}
