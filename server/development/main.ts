import type { Config } from '../config.js'
import type { Surroundings } from '../container.js'
import { createMailer } from '../core/mail/mailer.js'
import { createSmtpMailer } from '../core/mail/smtp-mailer.js'
import { serve } from '../serve.js'
import { buildDevelopmentApp } from './app.js'
import { createMailbox } from './mailbox/mailbox.js'

await serve({ build: buildDevelopmentApp, surroundings: withMailbox })

/** Every mail goes into the mailbox, and out through SMTP as well where that is set. */
function withMailbox({ dataDir, mail: { smtpUrl } }: Config): Surroundings {
  return { mailer: createMailer([createMailbox(dataDir), ...(smtpUrl ? [createSmtpMailer(smtpUrl)] : [])]) }
}
