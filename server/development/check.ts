import { spawn } from 'node:child_process'

/** The checks that every commit must pass. Each step is a command that can be run separately. */
const steps: Readonly<Record<string, string>> = {
  format: 'biome check --error-on-warnings',
  lint: 'npm run --silent lint',
  imports: 'node server/run.mjs check-imports',
  types: 'npm run --silent typecheck',
  'types of the example': 'npm run --silent typecheck --workspaces --if-present',
  'dead code': 'knip',
  'openapi.json': 'node server/run.mjs openapi --check',
  'rules of OpenAPI': 'npm run --silent openapi:lint',
  'clients of the last release': 'node server/run.mjs check-release',
  migrations: 'node server/run.mjs check-migrations',
}

const failures: string[] = []
for (const [name, command] of Object.entries(steps)) {
  const startedAt = performance.now()
  const isGood = await run(command)
  console.log(`${isGood ? 'ok  ' : 'FAIL'}  ${name} (${Math.round(performance.now() - startedAt)} ms): ${command}`)
  if (!isGood) failures.push(name)
}
if (failures.length > 0) console.error(`\nThese checks failed: ${failures.join(', ')}.`)
process.exitCode = failures.length > 0 ? 1 : 0

// `npm run` puts node_modules/.bin on the path; the output is shown only when the step fails.
async function run(command: string): Promise<boolean> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) process.stderr.write(Buffer.concat(output))
  return code === 0
}
