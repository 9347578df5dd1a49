import { listProcedures } from '../../server/core/http/rest/procedures.js'
import { appRouter } from '../../server/router.js'

// Prints what the build needs to know of the procedures as JSON: `[["posts.create", "Create a post", true], ...]`, where
// the last says whether an `Idempotency-Key` counts. It is a process of its own for the build, which would otherwise keep
// the router of its start while it watches.
const procedures = listProcedures(appRouter).map(({ path, meta }) => [path, meta.summary, meta.idempotency === 'kept'])
process.stdout.write(JSON.stringify(procedures))
