import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { seed } from '../../../prisma/seed.js'
import { buildApp } from '../../app.js'
import { type Config, loadConfig } from '../../config.js'
import { createContainer } from '../../container.js'
import { applyMigrations } from '../../core/database/migrations/migrate.js'
import type { MailMessage } from '../../core/mail/mailer.js'
import { createSigningKey } from '../../core/security/signing-keys.js'
import { startThrowawayPostgres } from '../embedded-postgres/throwaway.js'

export type DemoServer = Awaited<ReturnType<typeof startDemoServer>>

/**
 * Starts the server in this process, on a PostgreSQL of its own with the demo data. Mails are collected instead of sent.
 *
 * @param now the time at which the demo data ends
 */
export async function startDemoServer(now: Date) {
  const postgres = await startThrowawayPostgres()
  await applyMigrations(postgres.url)
  const config = await demoConfig(postgres.url)
  await seed({ databaseUrl: postgres.url, passwordPepper: config.identity.passwordPepper, now })
  const mails: MailMessage[] = []
  const mailer = { send: async (mail: MailMessage) => void mails.push(mail), close() {} }
  const container = createContainer(config, { mailer })
  const app = await buildApp(container)
  await container.start()
  await app.ready()
  return {
    app,
    db: container.db,

    /** Waits until no mail is pending, and returns the token of the newest link to an address. */
    async mailedToken(to: string): Promise<string> {
      while ((await container.db.outboxMail.count({ where: { status: 'pending' } })) > 0) await sleep(20)
      const links = mails
        .filter((mail) => mail.to === to)
        .flatMap(({ text }) => /[?&]token=([\w-]+)/.exec(text)?.[1] ?? [])
      const token = links.at(-1)
      if (token === undefined) throw new Error(`No link was mailed to ${to}.`)
      return token
    },

    /** Ends the database, so that the server cannot answer any more. */
    endDatabase: () => postgres.stop(),

    async stop(): Promise<void> {
      await app.close()
      await container.close()
      await postgres.stop()
    },
  }
}

async function demoConfig(databaseUrl: string): Promise<Config> {
  const secret = randomBytes(32).toString('base64url')
  return loadConfig({
    NODE_ENV: 'development',
    LOG_LEVEL: 'silent',
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: 'http://localhost:3000',
    JWT_PRIVATE_KEYS: JSON.stringify({ keys: [await createSigningKey()] }),
    PASSWORD_PEPPER: secret,
    TOKEN_SECRET: secret,
  })
}
