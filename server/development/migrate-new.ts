import path from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../core/clock.js'
import { withLocatedDatabase } from './located-database.js'
import { writeMigration } from './migrations/writer.js'

// Writes the migration from the existing ones to schema.prisma: npm run migrate:new -- add_post_summary
// --because "REASON" writes the reason before each statement that is unsafe on a database in use.
const { values, positionals } = parseArgs({ options: { because: { type: 'string' } }, allowPositionals: true })
const [name = ''] = positionals

await withLocatedDatabase(async ({ url }) => {
  const written = await writeMigration(name, { databaseUrl: url, clock: systemClock, because: values.because })
  for (const file of written.files) console.log(`Wrote ${path.relative(process.cwd(), file)}`)
  if (written.unsafe.length > 0) warnOf(written.unsafe)
  else console.log('Read it, then apply it with: npm run migrate')
})

function warnOf(unsafe: readonly string[]): void {
  console.warn(['', 'Unsafe on a database that is in use:', ...unsafe.map((line) => `  ${line}`), ''].join('\n'))
  if (values.because) return console.warn('The reason stands before each of these statements.')
  console.warn(
    'npm run check refuses the migration until these statements are replaced (docs/guides/change-the-schema.md), or until\n' +
      'the comment before each of them has the reason: -- unsafe: RULE: REASON',
  )
  process.exitCode = 1
}
