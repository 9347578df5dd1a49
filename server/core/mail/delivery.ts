import type { Clock } from '../clock.js'
import type { Database } from '../database/client.js'
import type { Logger } from '../logger.js'
import type { Mailer } from './mailer.js'
import { type ClaimedMail, createOutboxQueue, holdMail, type OutboxQueue } from './outbox-queue.js'
import type { MailTemplates, WrittenMail } from './templates.js'

export interface DeliveryOptions {
  /** The sender of every mail, such as `Name <no-reply@example.com>`. */
  from: string
  templates: MailTemplates
  db: Database
  clock: Clock
  log: Logger
  mailer: Mailer
}

/**
 * Creates the function that delivers the next due mail and returns whether there was one. The mail is leased, sent
 * outside of any transaction, and then marked as sent: if a worker is killed in between, a second copy is sent and no
 * mail is lost. The function throws only if the database fails.
 */
export function createDelivery(options: DeliveryOptions): () => Promise<boolean> {
  const queue = createOutboxQueue(options.db, options.clock)
  return async () => {
    const claimed = await queue.claim()
    if (!claimed) return false
    const log = options.log.child({ mailId: claimed.id, attempts: claimed.attempts })
    await deliver({ ...options, queue, log }, claimed)
    return true
  }
}

type Tools = DeliveryOptions & { queue: OutboxQueue }

async function deliver(tools: Tools, claimed: ClaimedMail): Promise<void> {
  const { queue, log } = tools
  const { id, to, template } = claimed
  const written = await write(tools, claimed)
  if (!written.isSendable) {
    await queue.markDead(id, written.reason)
    log.info({ reason: written.reason }, 'mail not sent')
    return
  }
  const failure = await send(tools, { id, to, ...written })
  if (failure !== null) {
    const status = await queue.markFailed(claimed, failure)
    log[status === 'dead' ? 'error' : 'warn']({ template, reason: failure, status }, 'mail failed')
    return
  }
  await queue.markSent(id)
  log.info({ template }, 'mail sent')
}

function write({ db, templates }: Tools, { id, template, to, params }: ClaimedMail): Promise<WrittenMail> {
  return db.$transaction(async (tx) => {
    if (!(await holdMail(tx, id))) return { isSendable: false, reason: 'The mail was cancelled.' }
    const writeMail = Object.hasOwn(templates, template) ? templates[template] : undefined
    return writeMail
      ? writeMail(tx, { to, params })
      : { isSendable: false, reason: 'No template is registered for this mail.' }
  })
}

type Draft = { id: string; to: string } & Extract<WrittenMail, { isSendable: true }>

/** @returns the reason of the failure, or null */
async function send({ mailer, from }: Tools, { id, to, subject, text, html, token }: Draft): Promise<string | null> {
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
