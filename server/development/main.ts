import type { Config } from '../config.js'
import type { Surroundings } from '../container.js'
import { createMailer } from '../core/mail/mailer.js'
import { createSmtpMailer } from '../core/mail/smtp-mailer.js'
import { serve } from '../serve.js'
import { buildDevelopmentApp } from './app.js'
import { createMailbox } from './mailbox/mailbox.js'

await serve({ build: buildDevelopmentApp, surroundings: withMailbox })

/** Stores every mail in the mailbox, and also sends it if SMTP is configured. */
function withMailbox({ dataDir, mail: { smtpUrl } }: Config): Surroundings {
  return { mailer: createMailer([createMailbox(dataDir), ...(smtpUrl ? [createSmtpMailer(smtpUrl)] : [])]) }
}
