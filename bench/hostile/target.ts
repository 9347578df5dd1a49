import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Request, send } from '../support/http.js'
import { type Server, startServer } from '../support/server-process.js'

/** The result of one request. */
export interface Cost {
  /** How long the event loop of the server was busy. */
  loopMs: number
  answer: Answer
  request: Request
}

/** A server that is attacked with one request at a time. If it crashes, it is replaced by a new one. */
export interface Target {
  settings: Readonly<Record<string, string>>
  server(): Server
  /** Sends a request and waits until the server has finished its work. */
  costOf(request: Request): Promise<Cost>
  /** Starts another server if this one has crashed or hangs. @returns what happened to it */
  revive(): Promise<'alive' | 'died' | 'stalled'>
  stop(): Promise<void>
}

const patienceMs = 10_000

export async function startTarget(settings: Readonly<Record<string, string>>): Promise<Target> {
  let server = await startServer(settings)
  return {
    settings,
    server: () => server,
    async costOf(request) {
      const before = server.loopMs()
      const answer = await send(server.url, request, patienceMs)
      // Work after the response belongs to the cost of a request, and the time is only counted when the thread sleeps.
      await delay(1)
      return { loopMs: server.loopMs() - before, answer, request }
    },
    async revive() {
      const isAlive = (await send(server.url, { method: 'GET', path: '/livez' }, patienceMs)).status === 200
      if (isAlive) return 'alive'
      const state = server.isRunning() ? 'stalled' : 'died'
      await server.kill()
      server = await startServer(settings)
      return state
    },
    async stop() {
      await server.kill()
    },
  }
}
