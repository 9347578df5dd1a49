import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { report } from './support/report.js'
import { millisecondsOf, rounded } from './support/timing.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const usedStarts = 2

/** Measures `npm run dev` from its start to the banner, on a new data folder and then on the same one. */
const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-'))
try {
  const first = await secondsToBanner()
  const later: number[] = []
  while (later.length < usedStarts) later.push(await secondsToBanner())
  report('Start of the development server', [
    { 'data folder': 'new', seconds: rounded(first, 1), 'to the first': 1 },
    ...later.map((seconds) => {
      return { 'data folder': 'used', seconds: rounded(seconds, 1), 'to the first': rounded(seconds / first, 2) }
    }),
  ])
} finally {
  await rm(dataDir, { recursive: true, force: true })
}

async function secondsToBanner(): Promise<number> {
  const env = { PATH: process.env.PATH, NODE_ENV: 'development', DATA_DIR: dataDir, PORT: '0' }
  let stop = async () => {}
  const ms = await millisecondsOf(async () => {
    const child = spawn(process.execPath, ['server/run.mjs', 'dev'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    stop = async () => {
      child.stdout.resume()
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
    for await (const line of createInterface({ input: child.stdout })) if (/ runs at http/.test(line)) return
    throw new Error('The server exited before it was ready.')
  })
  await stop()
  return ms / 1000
}
