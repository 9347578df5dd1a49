// Starts `npm run example` as a person does, while the default port is taken, reads the page that the banner names, presses
// Ctrl-C, and expects that no process is left.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const root = path.resolve(import.meta.dirname, '..')
const dataDir = mkdtempSync(path.join(tmpdir(), 'example-'))
chmodSync(dataDir, 0o755) // As root, PostgreSQL runs with another account.
const blocker = createServer().listen(3000, '127.0.0.1')
// Another program may have taken the port before, which does as well.
await once(blocker, 'listening').catch(() => {})
const npm = spawn('npm', ['run', '--silent', 'example'], {
  cwd: root,
  env: { ...process.env, DATA_DIR: dataDir },
  detached: true,
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const url = await readBanner(npm.stdout)
  const page = await (await fetch(url)).text()
  assert.equal(page.match(/<article/g)?.length, 20)
  const children = processesOf(dataDir)
  assert.ok(children.length > 2, 'The server, PostgreSQL and Next run.')
  // The terminal sends it to all processes of the command.
  process.kill(-Number(npm.pid), 'SIGINT')
  await once(npm, 'exit')
  for (let tries = 0; processesOf(dataDir).length > 0 && tries < 50; tries += 1) await sleep(100)
  assert.deepEqual(processesOf(dataDir), [])
  console.log(`npm run example served ${url}, and left none of its ${children.length} processes behind.`)
} finally {
  if (npm.exitCode === null && npm.signalCode === null) process.kill(-Number(npm.pid), 'SIGTERM')
  blocker.close()
  rmSync(dataDir, { recursive: true, force: true })
}

async function readBanner(stream) {
  let output = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    output += chunk
    const [, url] = / runs at (http\S+)[^]*admin@example\.com[^]*Ctrl-C/.exec(output) ?? []
    if (url) {
      stream.resume()
      return url
    }
  }
  throw new Error(`The command ended without its banner:\n${output}`)
}

/** The processes that were started with the data folder, which none but these know. */
function processesOf(folder) {
  return readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid && mentions(name, folder),
  )
}

function mentions(pid, folder) {
  const read = (name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')
  try {
    return read('environ').includes(folder) || read('cmdline').includes(folder)
  } catch {
    return false
  }
}
