import type { Config } from '../../config.js'
import { type MailLink, makeMailLink } from '../../features/auth/mail-link.js'
import { renderMail } from '../../features/auth/mail-templates.js'
import type { Clock } from '../clock.js'
import type { Database } from '../database/client.js'
import type { Logger } from '../logger.js'
import type { Mailer, MailMessage } from './mailer.js'
import type { Mail } from './outbox.js'
import { type ClaimedMail, createOutboxQueue, holdMail, type OutboxQueue } from './outbox-queue.js'

export interface DeliveryOptions {
  config: {
    http: Pick<Config['http'], 'appUrl'>
    identity: Pick<Config['identity'], 'tokenSecret'>
    mail: Pick<Config['mail'], 'from'>
  }
  db: Database
  clock: Clock
  log: Logger
  mailer: Mailer
}

/**
 * Makes the function that delivers the next mail that is due, and tells whether there was one. The mail is taken with
 * a lease, sent outside of any transaction, then marked: a worker that dies in between leads to a second copy, never
 * to a lost mail. It throws only if the database fails.
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
  const { id, mail } = claimed
  if (!mail) return refuse(tools, id, 'No template knows this mail.')
  const link = await prepareLink(tools, id, mail)
  if (!link.isSendable) return refuse(tools, id, link.reason)
  const failure = await send(tools.mailer, compose(tools.config, { id, mail, token: link.token }), link.token)
  if (failure !== null) {
    const status = await queue.markFailed(claimed, failure)
    log[status === 'dead' ? 'error' : 'warn']({ template: mail.template, reason: failure, status }, 'mail failed')
    return
  }
  await queue.markSent(id)
  log.info({ template: mail.template }, 'mail sent')
}

async function refuse({ queue, log }: Tools, id: string, reason: string): Promise<void> {
  await queue.markDead(id, reason)
  log.info({ reason }, 'mail not sent')
}

function prepareLink({ db, clock, config }: Tools, mailId: string, mail: Mail): Promise<MailLink> {
  const request = { secret: config.identity.tokenSecret, mail, now: clock.now() }
  return db.$transaction(async (tx) => {
    if (!(await holdMail(tx, mailId))) return { isSendable: false, reason: 'The mail was called off.' }
    return makeMailLink(tx, request)
  })
}

interface Draft {
  id: string
  mail: Mail
  token: string | null
}

function compose({ http, mail: { from } }: DeliveryOptions['config'], { id, mail, token }: Draft): MailMessage {
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'localhost'
  return { id, to: mail.to, from, messageId: `<${id}@${domain}>`, ...renderMail(mail, { appUrl: http.appUrl, token }) }
}

/** @returns why it failed, or null */
async function send(mailer: Mailer, message: MailMessage, token: string | null): Promise<string | null> {
  try {
    await mailer.send(message)
    return null
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    // A mail server may quote the message that it refuses.
    return (token ? text.replaceAll(token, '[token]') : text).slice(0, 500)
  }
}
