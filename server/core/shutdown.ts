import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { Logger } from './logger.js'

/** What a stop may take, in milliseconds; see {@link shutDown}. */
export interface StopTimes {
  notice: { least: number; most: number }
  drain: number
}

// Together below the 30 seconds that orchestrators commonly wait. A handler has 15 seconds, a mail 10.
const times: StopTimes = { notice: { least: 4_000, most: 8_000 }, drain: 16_000 }
const withoutNotice: StopTimes = { ...times, notice: { least: 0, most: 0 } }
const cutOffMs = 28_000

/** What a stop ends beside the HTTP server. */
interface Stopped {
  readiness: { isDraining(): boolean; startDraining(): void }
  mailWorker: { stop(): Promise<void> }
  close(): Promise<void>
}

/** Ends the process with 0 when it is asked to, by a signal or by the end of the development supervisor. */
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
  // The development supervisor holds the channel: if it is gone, nothing is left to serve.
  process.on('disconnect', () => void stop('the parent process has exited'))
}

/**
 * Stops serving, and loses no request on the way. From the start readiness fails and every answer ends its connection.
 * Until balancers have taken notice, requests and connections are taken as before; longer than that, up to `most`,
 * while there are connections that have not been told. Then no connection is accepted, and what is under way has the
 * time of the drain. The mails in hand are finished meanwhile.
 */
export async function shutDown(app: FastifyInstance, container: Stopped, { notice, drain }: StopTimes): Promise<void> {
  container.readiness.startDraining()
  // The container waits for it when it closes, and tells if it failed.
  container.mailWorker.stop().catch(() => {})
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
  // Connections rest later, too: when an answer ends that had begun before the stop, or where nothing is asked.
  const sweep = setInterval(() => server.closeIdleConnections(), 100)
  const cut = setTimeout(() => server.closeAllConnections(), drainMs)
  try {
    await app.close()
  } finally {
    clearInterval(sweep)
    clearTimeout(cut)
  }
}
