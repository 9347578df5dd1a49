import path from 'node:path'
import { systemClock } from '../core/clock.js'
import { RemedyError } from '../core/remedy-error.js'
import { withLocatedDatabase } from './located-database.js'
import { diffMigrationsToSchema } from './migrations/diff.js'
import { writeMigration } from './migrations/writer.js'
import { remainingDecisions } from './new-resource/decisions.js'
import { planResource } from './new-resource/plan.js'
import { readProject } from './new-resource/project.js'
import { readRequest } from './new-resource/request.js'
import { runProgram, writeOrTakeBack } from './new-resource/write.js'

// Writes a new resource from the files of docs/guides/add-a-resource: npm run new -- comment --parent post
const root = path.join(import.meta.dirname, '../..')
const request = readRequest(process.argv.slice(2))
const plan = planResource(readProject(root), request)
const files = [...plan.keys()]

await withLocatedDatabase(async ({ url }) => {
  if (await diffMigrationsToSchema(url)) {
    throw new RemedyError(
      'prisma/schema.prisma has changes that no migration makes, which would get into the migration of the new resource.\n' +
        'Create theirs first with: npm run migrate:new -- NAME',
    )
  }
  await writeOrTakeBack(root, { plan, kept: ['docs/openapi.json'] }, async (created) => {
    const name = `add_${request.noun.plural.kebab.replaceAll('-', '_')}`
    const written = await writeMigration(name, { databaseUrl: url, clock: systemClock })
    for (const file of written.files) created(path.dirname(file))
    runProgram(root, 'node_modules/prisma/build/index.js', 'format')
    runProgram(root, 'node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...files.filter(isCode))
    runProgram(root, 'server/run.mjs', 'openapi')
    files.push(...written.files.map((file) => path.relative(root, file)), 'docs/openapi.json')
  })
})

console.log(['Wrote', ...files.toSorted().map((file) => `  ${file}`), '', ...remainingDecisions(request)].join('\n'))

function isCode(file: string): boolean {
  return file.endsWith('.ts')
}
