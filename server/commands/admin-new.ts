import { systemClock } from '../core/clock.js'
import { createDatabase } from '../core/database/client.js'
import { ConnectionPool } from '../core/database/pool.js'
import { createLogger } from '../core/logger.js'
import { RemedyError } from '../core/remedy-error.js'
import { createAuditService } from '../features/audit/service.js'
import { inviteNewAdmin } from '../features/users/invite.js'
import { assertMigrated, loadDatabaseConfig } from './database.js'

// Creates an admin and the invitation, which a running server sends: npm run admin:new -- EMAIL "NAME"
const [email, name] = process.argv.slice(2)
if (!email || !name)
  throw new RemedyError('The address or the name is missing. Run: npm run admin:new -- you@example.com "Your Name"')

const { url, config } = loadDatabaseConfig()
await assertMigrated(url)
const db = createDatabase({ pool: new ConnectionPool({ url, max: 1, log: createLogger(config) }) })
try {
  const parts = { db, clock: systemClock, audit: createAuditService({ db }) }
  const user = await inviteNewAdmin(parts, { email, name })
  console.log(`${user.email} is an admin. A running server mails the invitation that sets the password.`)
} finally {
  await db.$disconnect()
}
