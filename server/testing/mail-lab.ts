import { randomUUID } from 'node:crypto'
import { createDatabase, type Database } from '../core/database/client.js'
import { withConnection } from '../core/database/connection.js'
import { ConnectionPool } from '../core/database/pool.js'
import { createJobWorker } from '../core/jobs/worker.js'
import { createDelivery } from '../core/mail/delivery.js'
import type { Mailer } from '../core/mail/mailer.js'
import { outboxJobs } from '../core/mail/outbox.js'
import { createAccountMailTemplates } from '../features/auth/mails.js'
import { createFakeClock } from './fake-clock.js'
import { createFakeMailer } from './fake-mailer.js'
import { silentLog } from './rate-limit-stores.js'
import { testTokenSecret } from './secrets.js'
import { createTestDatabase } from './test-database.js'

export type MailLab = Awaited<ReturnType<typeof createMailLab>>

/** A database with an outbox, a mailer that stores mails, and any number of workers. */
export async function createMailLab() {
  const database = await createTestDatabase()
  const { url } = database
  const db = createDatabase({ pool: new ConnectionPool({ url, max: 5, log: silentLog }) })
  const clock = createFakeClock()
  const mailer = createFakeMailer()
  const config = {
    database: { url },
    http: { appUrl: 'http://app.localhost:5173' },
    identity: { tokenSecret: testTokenSecret },
    mail: { from: 'Acme <no-reply@mail.example>' },
  }
  return {
    url,
    db,
    clock,
    mailer,
    config,
    /** A separate worker, optionally with another database client or mailer. */
    worker: (over: { db?: Database; mailer?: Mailer } = {}) =>
      createJobWorker({
        databaseUrl: url,
        jobs: outboxJobs,
        services: {
          delivery: createDelivery({
            from: config.mail.from,
            templates: createAccountMailTemplates({
              title: 'Acme',
              tokenSecret: testTokenSecret,
              appUrl: config.http.appUrl,
              clock,
            }),
            db: over.db ?? db,
            mailer: over.mailer ?? mailer,
            clock,
          }),
        },
        clock,
        log: silentLog,
      }),
    /** Lets the attempts that wait be due now, also those of a worker that died, and runs them. */
    async retry(worker: { drain(): Promise<void> }): Promise<void> {
      await withConnection(url, (client) =>
        client.query('UPDATE graphile_worker._private_jobs SET run_at = now(), locked_at = NULL, locked_by = NULL'),
      )
      await worker.drain()
    },
    createUser: () => db.user.create({ data: { email: `user-${randomUUID()}@example.com`, name: 'Ada' } }),
    createRegistration: () =>
      db.registration.create({
        data: {
          email: `new-${randomUUID()}@example.com`,
          name: 'New',
          passwordHash: 'none',
          expiresAt: new Date(clock.now().getTime() + 24 * 3600_000),
        },
      }),
    async close() {
      await db.$disconnect()
      await database.drop()
    },
  }
}
