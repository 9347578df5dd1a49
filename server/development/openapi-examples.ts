import { writeFileSync } from 'node:fs'
import { errorTable } from '../core/errors.js'
import { logIn, playBase } from './openapi-examples/base.js'
import { startDemoServer } from './openapi-examples/demo-server.js'
import { playFailures, playOutages } from './openapi-examples/failures.js'
import { createRecorder } from './openapi-examples/recorder.js'
import { playResources } from './openapi-examples/resources.js'
import { makeStable } from './openapi-examples/stable.js'

// Calls each operation on a server with the demo data, and writes what it answers to server/openapi-examples.json.
const file = new URL('../openapi-examples.json', import.meta.url)
const now = new Date()
const server = await startDemoServer(now)
const recorder = createRecorder(server)
try {
  const tokens = await logIn(recorder)
  await playBase(recorder, server, tokens)
  await playFailures(recorder, server, tokens)
  await playResources(recorder, tokens)
  await playOutages(recorder, server, tokens)
} finally {
  await server.stop()
}
const paths = recorder.procedures.map(({ path }) => path)
const examples = makeStable(recorder, { now, paths, codes: Object.keys(errorTable) })
writeFileSync(file, `${JSON.stringify(examples, null, 2)}\n`)
console.log(
  `Wrote ${paths.length} calls and ${recorder.errors.size} errors to server/openapi-examples.json. Next: npm run openapi`,
)
