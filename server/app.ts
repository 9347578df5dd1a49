import { randomUUID } from 'node:crypto'
import fastifyCookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Container } from './container.js'
import { answerClientError } from './http/client-errors.js'
import { docsPage } from './http/docs.js'
import { answerFrameworkError, registerErrorHandling } from './http/errors.js'
import { healthRoutes } from './http/health.js'
import { homePage } from './http/home.js'
import { jwksRoute } from './http/jwks.js'
import { metrics } from './http/metrics.js'
import { logRequests } from './http/request-log.js'
import { restFace } from './http/rest.js'
import { securityHeaders } from './http/security-headers.js'
import { trpcFace } from './http/trpc.js'
import { devMailbox } from './mail/dev-mailbox.js'
import { checkProcedures } from './procedure-check.js'
import { appRouter } from './router.js'

/**
 * Builds the HTTP server around the container: what every request passes, then the faces of the router.
 *
 * @throws Error naming the procedure, if one does not declare what it must
 */
export async function buildApp(container: Container): Promise<FastifyInstance> {
  checkProcedures(appRouter)
  const app = Fastify(fastifyOptions(container))
  logRequests(app)
  registerErrorHandling(app)
  await securityHeaders(app, container.config)
  await app.register(fastifyCookie)
  await registerPages(app, container)
  await app.register(trpcFace(appRouter, container), { prefix: '/trpc' })
  await app.register(restFace(appRouter, container), { prefix: '/api' })
  return app
}

async function registerPages(app: FastifyInstance, container: Container): Promise<void> {
  const { config, readiness } = container
  await app.register(healthRoutes(readiness))
  await app.register(metrics(config))
  await app.register(jwksRoute(container))
  await app.register(docsPage(appRouter, config))
  if (config.mode !== 'development') return
  await app.register(homePage(config))
  await app.register(devMailbox(config))
}

// Limits of one request (security.md S34, S37); times in milliseconds, sizes in bytes.
function fastifyOptions({ config, log }: Container) {
  return {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: ({ headers }: { headers: Record<string, unknown> }) => requestId(headers['x-request-id']),
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    bodyLimit: 256 * 1024,
    requestTimeout: 30_000,
    trustProxy: config.http.trustProxy.length > 0 ? [...config.http.trustProxy] : false,
    forceCloseConnections: 'idle' as const,
    // Node looks for requests that are late every 30 seconds otherwise, and so would let them be that much later.
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 16 * 1024 },
  }
}

// A caller's own id is kept where it cannot forge a log line; otherwise one is made.
function requestId(given: unknown): string {
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
}
