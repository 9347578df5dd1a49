import { upkeepJobs } from './core/jobs/upkeep.js'
import { outboxJobs } from './core/mail/outbox.js'
import { apiKeysJobs } from './features/api-keys/jobs.js'
import { auditJobs } from './features/audit/jobs.js'
import { authJobs } from './features/auth/jobs.js'
import { mailJobs } from './features/mail/jobs.js'
import { sessionsJobs } from './features/sessions/jobs.js'
import { eraseContent } from './features/users/jobs.js'

/** Every job of the application. Workers run no others. */
export const appJobs = [
  ...upkeepJobs,
  ...outboxJobs,
  ...authJobs,
  ...sessionsJobs,
  ...apiKeysJobs,
  ...mailJobs,
  ...auditJobs,
  eraseContent,
]
