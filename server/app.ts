import fastifyCookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Container } from './container.js'
import { checkProcedures } from './core/boot-checks.js'
import { answerClientError } from './core/http/client-errors.js'
import { allowOrigins } from './core/http/cors.js'
import { docsPage } from './core/http/docs/page.js'
import { answerFrameworkError, registerErrorHandling } from './core/http/errors.js'
import { endConnections, healthRoutes } from './core/http/health.js'
import { boundHeldMemory } from './core/http/held-memory.js'
import { jwksRoute } from './core/http/jwks.js'
import { metrics } from './core/http/metrics.js'
import { createNodeServer } from './core/http/node-server.js'
import { checkRequests } from './core/http/request-checks.js'
import { logRequests, requestIdOf } from './core/http/request-log.js'
import { restTransport } from './core/http/rest/routes.js'
import { securityHeaders } from './core/http/security-headers.js'
import { trpcTransport } from './core/http/trpc/routes.js'
import { answerUnrouted, maxParamLength } from './core/http/unrouted.js'
import { scopeSchema } from './features/api-keys/schema.js'
import examples from './openapi-examples.json' with { type: 'json' }
import { appRouter } from './router.js'

interface AppOptions {
  /** Further scripts of the documentation page; see {@link docsPage}. */
  docsScripts?: readonly string[]
}

/**
 * Builds the HTTP server of the container: the hooks of every request, then the transports of the router. In a process that
 * only works on jobs, it only answers probes and Prometheus.
 *
 * @throws Error naming the procedure if one lacks a required declaration
 */
export async function buildApp(container: Container, { docsScripts }: AppOptions = {}): Promise<FastifyInstance> {
  checkProcedures(appRouter, scopeSchema.options)
  const app = Fastify(fastifyOptions(container))
  logRequests(app)
  registerErrorHandling(app)
  securityHeaders(app, container.config)
  allowOrigins(app, container.config)
  answerUnrouted(app)
  checkRequests(app)
  endConnections(app, container.readiness)
  await app.register(fastifyCookie)
  // Only the transports accept bodies, with their own parsers.
  app.removeAllContentTypeParsers()
  await app.register(healthRoutes(container.readiness))
  // In a scope of its own, because an address that holds too much memory may also be that of a probe.
  await app.register(async (scope) => {
    boundHeldMemory(scope)
    await scope.register(metrics(container.config, container.occupancy))
    if (container.config.role === 'worker') return
    await scope.register(jwksRoute(container))
    await scope.register(docsPage(appRouter, container.config, { examples, scripts: docsScripts }))
    await scope.register(trpcTransport(appRouter, container), { prefix: '/trpc' })
    await scope.register(restTransport(appRouter, container), { prefix: '/api' })
  })
  return app
}

function fastifyOptions({ config, log }: Container) {
  return {
    serverFactory: createNodeServer,
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    // In bytes (security.md S34); the other limits of a request are those of the server.
    bodyLimit: 256 * 1024,
    routerOptions: { maxParamLength },
    trustProxy: config.http.trustProxy.length > 0 ? [...config.http.trustProxy] : false,
    // Requests that arrive while the server closes are served as well.
    return503OnClosing: false,
  }
}
