import { RemedyError } from '../core/remedy-error.js'
import { withLocatedDatabase } from './located-database.js'
import { diffMigrationsToSchema } from './migrations/diff.js'

// Fails unless the migrations make exactly what schema.prisma says.
await withLocatedDatabase(async ({ url }) => {
  const sql = await diffMigrationsToSchema(url)
  if (sql) {
    throw new RemedyError(
      `${sql}\nThe migrations do not make schema.prisma; the SQL above is missing. Write it with: npm run migrate:new -- NAME`,
    )
  }
})
