import { parseArgs } from 'node:util'
import { applyMigrations, resolveMigration } from '../core/database/migrations/migrate.js'
import { RemedyError } from '../core/remedy-error.js'
import { loadDatabaseConfig } from './database.js'

// Applies the pending migrations. --resolve NAME applied|rolled-back records the outcome of a failed one instead.
const { values, positionals } = parseArgs({ options: { resolve: { type: 'string' } }, allowPositionals: true })

const { url } = loadDatabaseConfig()

if (values.resolve !== undefined) await resolve(values.resolve, positionals[0])
else await apply()

async function apply(): Promise<void> {
  const { applied } = await applyMigrations(url, { log: console })
  console.log(applied.length > 0 ? `Applied ${applied.join(', ')}.` : 'No pending migrations.')
}

async function resolve(name: string, outcome: string | undefined): Promise<void> {
  if (outcome !== 'applied' && outcome !== 'rolled-back') {
    throw new RemedyError(
      `State the outcome of the migration. Run: npm run migrate -- --resolve ${name} applied (or rolled-back)`,
    )
  }
  await resolveMigration(url, name, outcome)
  console.log(`Recorded that ${name} is ${outcome}. Apply the remaining migrations with: npm run migrate`)
}
