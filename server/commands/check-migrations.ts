import { diffMigrationsToSchema } from '../database/migration-diff.js'
import { RemedyError } from '../remedy-error.js'
import { withLocatedDatabase } from './located-database.js'

// Fails unless the migrations make exactly what schema.prisma says.
await withLocatedDatabase(async ({ url }) => {
  const sql = await diffMigrationsToSchema(url)
  if (sql) {
    throw new RemedyError(
      `${sql}\nThe migrations do not make schema.prisma; the SQL above is missing. Write it with: npm run migrate:new -- NAME`,
    )
  }
})
