import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadCommandConfig, readEnvironment } from '../../config.js'

// Runs Next on the example for a parent that starts this file as the leader of a process group. Next has processes of its
// own; all of them end with the parent, also if that is killed.
const folder = path.join(import.meta.dirname, '../../../examples/next')
// Server components that call procedures in their own process find the settings of the development server there.
const dataDir = path.resolve(loadCommandConfig().dataDir)
const environment = { ...readEnvironment(), DATA_DIR: dataDir, NEXT_TELEMETRY_DISABLED: '1' }
const { PORT: port = '' } = readEnvironment()

const command = createRequire(path.join(folder, 'package.json')).resolve('next/dist/bin/next')
const next = spawn(process.execPath, [command, 'dev', '--hostname', 'localhost', '--port', port], {
  cwd: folder,
  env: environment,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = once(next, 'exit')

// What Next prints until it is ready would stand before the banner, which says the same.
let isReady = false
let quiet = ''
next.stdout.on('data', (chunk: Buffer) => {
  if (isReady) process.stdout.write(chunk)
  else quiet += chunk
})

process.once('disconnect', endAll)
process.once('SIGTERM', () => {
  next.kill('SIGTERM')
  void Promise.race([ended, sleep(2000)]).then(endAll)
})
void ended.then(() => {
  if (!isReady) process.stdout.write(quiet)
  process.exit(1)
})
await answered()
isReady = true
process.send?.({ type: 'ready' })

/** Waits for the first page, so that whoever follows the link of the banner does not wait for the compiler. */
async function answered(): Promise<void> {
  while (!(await fetch(`http://localhost:${port}/`).catch(() => undefined))) await sleep(100)
}

function endAll(): void {
  if (process.platform === 'win32') next.kill()
  else process.kill(-process.pid, 'SIGKILL')
}
