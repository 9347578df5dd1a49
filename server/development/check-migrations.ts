import { RemedyError } from '../core/remedy-error.js'
import { withLocatedDatabase } from './located-database.js'
import { diffMigrationsToSchema } from './migrations/diff.js'

// Fails if the migrations do not result in schema.prisma.
await withLocatedDatabase(async ({ url }) => {
  const sql = await diffMigrationsToSchema(url)
  if (sql) {
    throw new RemedyError(
      `${sql}\nThe migrations do not produce schema.prisma. The SQL above is missing. Create the migration with: npm run migrate:new -- NAME`,
    )
  }
})
