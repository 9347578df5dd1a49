import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { withinTime } from '../time-limit.js'

/** The checks for readiness. A check fails if it rejects or takes longer than a second. */
export interface Readiness {
  checks: Readonly<Record<string, () => Promise<void>>>
  /** Whether the process is shutting down. */
  isDraining(): boolean
}

/** Creates the plugin for `GET /livez` (the process runs) and `GET /readyz` (200, or 503 with the failing checks). */
export function healthRoutes(readiness: Readiness) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/livez', quiet, () => ({ status: 'alive' }))
    app.get('/readyz', quiet, async (request, reply) => {
      if (readiness.isDraining()) return reply.code(503).send({ status: 'draining', checks: {} })
      const checks = await runChecks(readiness.checks, request.log)
      const isReady = Object.values(checks).every((outcome) => outcome === 'ok')
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'unready', checks })
    })
  }
}

/** Makes every response close its connection while the process is shutting down. */
export function endConnections(app: FastifyInstance, { isDraining }: Readiness): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isDraining()) reply.header('connection', 'close')
    done()
  })
}

// Probes are sent every few seconds, and their log lines would hide the others.
const quiet = { logLevel: 'warn' } as const
const checkTimeoutMs = 1000

async function runChecks(checks: Readiness['checks'], log: FastifyBaseLogger): Promise<Record<string, string>> {
  const outcomes = Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(name, check, log)])
  return Object.fromEntries(await Promise.all(outcomes))
}

// The reason of a failure is only logged, because the response is public.
async function outcomeOf(name: string, check: () => Promise<void>, log: FastifyBaseLogger): Promise<'ok' | 'failing'> {
  try {
    await withinTime(checkTimeoutMs, check(), () => new Error(`The check did not finish within ${checkTimeoutMs} ms.`))
    return 'ok'
  } catch (err) {
    log.warn({ err, check: name }, 'readiness check failed')
    return 'failing'
  }
}
