import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { send } from '../support/http.js'
import { startServer } from '../support/server-process.js'
import { quantile, rounded } from '../support/timing.js'
import type { Stage } from './stage.js'

/** Starts the server several times: until it serves, and how long others wait while it answers a first registration. */
export async function measureStart({ settings }: Stage, { starts }: { starts: number }) {
  const times: number[] = []
  const waits: number[] = []
  const stall = monitorEventLoopDelay({ resolution: 1 })
  // The first start builds the server.
  for (let start = -1; start < starts; start += 1) {
    const begin = performance.now()
    const server = await startServer(settings)
    if (start >= 0) times.push(performance.now() - begin)
    stall.enable()
    waits.push(await longestWait(server.url, start))
    stall.disable()
    await server.stop('SIGINT')
  }
  return [
    { what: 'from the start of the process until it serves, ms', value: rounded(quantile(times, 0.5)) },
    { what: 'longest wait of /livez during a first registration, ms', value: rounded(quantile(waits, 0.5), 1) },
    { what: 'the same for this client itself, ms', value: rounded(stall.max / 1e6, 1) },
  ]
}

async function longestWait(url: string, turn: number): Promise<number> {
  for (let probe = 0; probe < 20; probe += 1) await send(url, { method: 'GET', path: '/livez' })
  const body = { email: `first-${turn}@example.com`, name: 'Ada Okafor', password: 'a quiet harbour at dawn, again' }
  const registration = send(url, { method: 'POST', path: '/api/auth/register', body: JSON.stringify(body) })
  const state = { isOver: false }
  const over = registration.then(() => {
    state.isOver = true
  })
  let longest = 0
  while (!state.isOver) {
    longest = Math.max(longest, (await send(url, { method: 'GET', path: '/livez' })).ms)
    await delay(1)
  }
  await over
  return longest
}
