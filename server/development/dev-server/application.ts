import path from 'node:path'
import { seed } from '../../../prisma/seed.js'
import { loadCommandConfig, readEnvironment } from '../../config.js'
import { withConnection } from '../../core/database/connection.js'
import { applyMigrations } from '../../core/database/migrations/migrate.js'
import { RemedyError } from '../../core/remedy-error.js'
import type { FrontendProgram } from './frontend.js'
import { runDevelopment } from './run.js'

const root = path.join(import.meta.dirname, '../../..')

interface Options {
  /** The npm command that runs this, for messages. */
  command: string
  /** Runs beside the server, if it is given. */
  frontend?: FrontendProgram
}

/**
 * Runs the development server of this repository until it is stopped.
 *
 * @throws RemedyError if the command has an option that is not known, or NODE_ENV is `production`
 */
export async function developApplication({ command, frontend }: Options): Promise<void> {
  const environment = { ...readEnvironment(), NODE_ENV: 'development' }
  if (loadCommandConfig().isProduction) {
    throw new RemedyError(
      `${command} creates demo logins and cannot run with NODE_ENV=production. Unset NODE_ENV, or use: npm start`,
    )
  }
  await runDevelopment({
    config: loadCommandConfig(environment),
    environment,
    root,
    serverFile: path.join(root, 'server/development/main.ts'),
    nodeOptions: readNodeOptions(command),
    migrate: (databaseUrl) => applyMigrations(databaseUrl, { log: console }),
    seed: async (options) => (await seed(options)).seeded || hasDemoUsers(options.databaseUrl),
    ...(frontend && { frontend }),
  })
}

// npm run dev -- --inspect, or --inspect=127.0.0.1:9300, attaches a debugger to the server's process.
function readNodeOptions(command: string): string[] {
  const nodeOptions = process.argv.slice(2)
  const unknown = nodeOptions.filter((option) => !/^--inspect(-brk|-wait)?(=.+)?$/.test(option))
  if (unknown.length === 0) return nodeOptions
  throw new RemedyError(
    `${command} does not support ${unknown.join(' ')}. To attach a debugger: ${command} -- --inspect[=PORT]`,
  )
}

async function hasDemoUsers(databaseUrl: string): Promise<boolean> {
  const demo = `SELECT 1 FROM "User" WHERE email = 'admin@example.com' AND "deletedAt" IS NULL`
  return withConnection(databaseUrl, async (client) => Boolean((await client.query(demo)).rowCount))
}
