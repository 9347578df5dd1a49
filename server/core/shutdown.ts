import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { Logger } from './logger.js'

/** The time limits of a shutdown, in milliseconds; see {@link shutDown}. */
export interface StopTimes {
  notice: { least: number; most: number }
  drain: number
}

// In total less than the 30 seconds that orchestrators usually wait. A handler has 15 seconds, and a mail has 10.
const times: StopTimes = { notice: { least: 4_000, most: 8_000 }, drain: 16_000 }
const withoutNotice: StopTimes = { ...times, notice: { least: 0, most: 0 } }
const cutOffMs = 28_000

/** The parts that a shutdown stops besides the HTTP server. */
interface Stopped {
  readiness: { isDraining(): boolean; startDraining(): void }
  jobs: { stop(): Promise<void> }
  close(): Promise<void>
}

/** Exits with 0 after a signal, or after the development supervisor has exited. */
export function stopOnRequest(
  app: FastifyInstance,
  container: Stopped & { config: { isProduction: boolean }; log: Logger },
): void {
  const { config, log, readiness } = container
  const stop = async (reason: string) => {
    if (readiness.isDraining()) return
    log.info({ reason }, 'shutting down')
    setTimeout(() => {
      log.error('the shutdown took too long; open requests are aborted')
      process.exit(0)
    }, cutOffMs).unref()
    const isExpected = reason === 'SIGTERM' && config.isProduction
    await shutDown(app, container, isExpected ? times : withoutNotice).catch((err: unknown) => {
      log.error({ err }, 'the shutdown failed')
    })
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  // The development supervisor keeps the channel open. If it has exited, this process must exit too.
  process.on('disconnect', () => void stop('the parent process has exited'))
}

/**
 * Stops the server without losing a request. Readiness fails from the start, and every response closes its connection.
 * Requests and connections are still accepted until load balancers have reacted, and longer, up to `most`, while there
 * are connections that have not received such a response. Then no connection is accepted, and open requests may take
 * the time of the drain. Jobs that have begun are completed at the same time.
 */
export async function shutDown(app: FastifyInstance, container: Stopped, { notice, drain }: StopTimes): Promise<void> {
  container.readiness.startDraining()
  // The container waits for it when it closes, and reports a failure.
  container.jobs.stop().catch(() => {})
  await giveNotice(app.server, notice)
  await closeWithin(drain, app)
  await container.close()
}

async function giveNotice(server: Server, { least, most }: StopTimes['notice']): Promise<void> {
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  const countConnections = promisify(server.getConnections.bind(server))
  while (elapsed() < least || (elapsed() < most && (await countConnections()) > 0)) await sleep(50)
}

async function closeWithin(drainMs: number, app: FastifyInstance): Promise<void> {
  const { server } = app
  // Connections can become idle later: when a response ends that began before the shutdown, or if no request arrives.
  const sweep = setInterval(() => server.closeIdleConnections(), 100)
  const cut = setTimeout(() => server.closeAllConnections(), drainMs)
  try {
    await app.close()
  } finally {
    clearInterval(sweep)
    clearTimeout(cut)
  }
}
