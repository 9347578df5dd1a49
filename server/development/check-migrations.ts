import { RemedyError } from '../core/remedy-error.js'
import { withLocatedDatabase } from './located-database.js'
import { diffMigrationsToSchema } from './migrations/diff.js'
import { findMigrationFaults } from './migrations/unsafe.js'

// Fails if a migration is unsafe on a database in use, or if the migrations do not result in schema.prisma.
const faults = await findMigrationFaults()
if (faults.length > 0) {
  throw new RemedyError(
    `${faults.join('\n')}\nReplace these statements as docs/guides/change-the-schema.md says, or write the reason before them: ` +
      '-- unsafe: RULE: REASON',
  )
}

await withLocatedDatabase(async ({ url }) => {
  const sql = await diffMigrationsToSchema(url)
  if (sql) {
    throw new RemedyError(
      `${sql}\nThe migrations do not produce schema.prisma. The SQL above is missing. Create the migration with: npm run migrate:new -- NAME`,
    )
  }
})
