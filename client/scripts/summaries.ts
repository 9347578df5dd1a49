import { listProcedures } from '../../server/core/http/rest/procedures.js'
import { appRouter } from '../../server/router.js'

// Prints the summaries of all procedures as JSON: `[["posts.create", "Create a post"], ...]`. It is a process of its own
// for the build, which would otherwise keep the router of its start while it watches.
const summaries = listProcedures(appRouter).map(({ path, meta }) => [path, meta.summary])
process.stdout.write(JSON.stringify(summaries))
