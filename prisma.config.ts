import { fork } from 'node:child_process'
import path from 'node:path'
import { defineConfig } from 'prisma/config'

const url = await findDatabase()

// Only the Prisma CLI reads this file; the commands of package.json read server/config.ts.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'npm run seed' },
  ...(url !== undefined && { datasource: { url } }),
})

/**
 * The address of the database, as for every command: DATABASE_URL, or the embedded PostgreSQL, which runs until the
 * Prisma CLI exits. Undefined for commands without a database, such as `prisma generate`, and if there is no database;
 * the reason was then printed.
 */
async function findDatabase(): Promise<string | undefined> {
  if (!['migrate', 'db', 'studio'].includes(process.argv[2] ?? '')) return undefined
  const holder = fork(path.join(import.meta.dirname, 'server/run.mjs'), ['hold-database'], { detached: true })
  const answer = await new Promise<unknown>((resolve) => {
    holder.once('message', resolve)
    holder.once('exit', resolve)
  })
  holder.unref()
  holder.channel?.unref()
  return isLocated(answer) ? answer.url : undefined
}

function isLocated(answer: unknown): answer is { url: string } {
  return typeof answer === 'object' && answer !== null && 'url' in answer && typeof answer.url === 'string'
}
