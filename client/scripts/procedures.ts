import { listProcedures } from '../../server/core/http/rest/procedures.js'
import { appRouter } from '../../server/router.js'

// Prints what the build needs to know of the procedures as JSON: `[["posts.create", "Create a post.\n\n...", true], ...]`,
// with the summary and the description, where the last says whether an `Idempotency-Key` counts. It is a process of its own for the build, which would otherwise keep
// the router of its start while it watches.
const procedures = listProcedures(appRouter).map(({ path, meta: { summary, description, idempotency } }) => [
  path,
  [`${summary}.`, ...(description ? [description] : [])].join('\n\n'),
  idempotency === 'kept',
])
process.stdout.write(JSON.stringify(procedures))
