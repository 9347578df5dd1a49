import path from 'node:path'
import { systemClock } from '../core/clock.js'
import { withLocatedDatabase } from './located-database.js'
import { writeMigration } from './migrations/writer.js'

// Writes the migration from the existing ones to schema.prisma: npm run migrate:new -- add_post_summary
const name = process.argv[2] ?? ''

await withLocatedDatabase(async ({ url }) => {
  const { file, losses } = await writeMigration(name, { databaseUrl: url, clock: systemClock })
  console.log(`Wrote ${path.relative(process.cwd(), file)}`)
  if (losses.length > 0)
    console.warn(['', 'WARNING: this migration', ...losses.map((loss) => `  ${loss}`), ''].join('\n'))
  console.log('Read it, then apply it with: npm run migrate')
})
