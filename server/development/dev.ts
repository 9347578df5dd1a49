import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { seed } from '../../prisma/seed.js'
import { loadCommandConfig, readEnvironment } from '../config.js'
import { withConnection } from '../core/database/connection.js'
import { applyMigrations } from '../core/database/migrations/migrate.js'
import { RemedyError } from '../core/remedy-error.js'
import { runDevelopment } from './dev-server/run.js'

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
const environment = { ...readEnvironment(), NODE_ENV: 'development' }
if (loadCommandConfig().isProduction) {
  throw new RemedyError(
    'npm run dev creates demo logins and cannot run with NODE_ENV=production. Unset NODE_ENV, or use: npm start',
  )
}

// npm run dev -- --inspect, or --inspect=127.0.0.1:9300, attaches a debugger to the server's process.
const nodeOptions = process.argv.slice(2)
const unknown = nodeOptions.filter((option) => !/^--inspect(-brk|-wait)?(=.+)?$/.test(option))
if (unknown.length > 0) {
  throw new RemedyError(
    `npm run dev does not support ${unknown.join(' ')}. To attach a debugger: npm run dev -- --inspect[=PORT]`,
  )
}

await runDevelopment({
  config: loadCommandConfig(environment),
  environment,
  root,
  serverFile: path.join(root, 'server/development/main.ts'),
  nodeOptions,
  migrate: (databaseUrl) => applyMigrations(databaseUrl, { log: console }),
  seed: async (options) => (await seed(options)).seeded || hasDemoUsers(options.databaseUrl),
})
process.exit(0)

async function hasDemoUsers(databaseUrl: string): Promise<boolean> {
  const demo = `SELECT 1 FROM "User" WHERE email = 'admin@example.com' AND "deletedAt" IS NULL`
  return withConnection(databaseUrl, async (client) => Boolean((await client.query(demo)).rowCount))
}
