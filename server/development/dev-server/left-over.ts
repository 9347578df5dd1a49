import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../embedded-postgres/process.js'

const fileName = 'development-server.pid'
const waitMs = 5000

/** Records the process of the server, for {@link waitForLeftOverServer}. */
export async function rememberServer(dataDir: string, pid: number): Promise<void> {
  await writeFile(path.join(dataDir, fileName), String(pid)).catch(() => undefined)
}

/** Waits for at most some seconds for the server of a killed start, which ends by itself and releases its port. */
export async function waitForLeftOverServer(dataDir: string): Promise<void> {
  const pid = Number(await readFile(path.join(dataDir, fileName), 'utf8').catch(() => ''))
  const deadline = Date.now() + waitMs
  while (pid > 0 && isAlive(pid) && Date.now() < deadline) await sleep(50)
}
