import { withLocatedDatabase } from './located-database.js'

// For a parent process that is not one of our commands, such as the Prisma CLI: sends it the address of the database,
// and stops an embedded server when the parent ends.
const parentEnded = new Promise<void>((resolve) => {
  process.once('disconnect', resolve)
  if (!process.connected) resolve()
})
// Ctrl-C in a terminal also reaches this process, which must outlive its parent.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

await withLocatedDatabase(async ({ url }) => {
  process.send?.({ url })
  await parentEnded
})
