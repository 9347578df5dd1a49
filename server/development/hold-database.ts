import { withLocatedDatabase } from './located-database.js'

// For a parent that is no command of ours, such as the Prisma CLI: sends it the address of the database that every
// command finds, and lets go of that database when the parent ends.
const parentEnded = new Promise<void>((resolve) => {
  process.once('disconnect', resolve)
  if (!process.connected) resolve()
})
// Ctrl-C in a terminal reaches this process too, and must not end it first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

await withLocatedDatabase(async ({ url }) => {
  process.send?.({ url })
  await parentEnded
})
