import fastifyCookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Container } from './container.js'
import { answerClientError } from './http/client-errors.js'
import { docsPage } from './http/docs.js'
import { answerFrameworkError, registerErrorHandling } from './http/errors.js'
import { endConnections, healthRoutes } from './http/health.js'
import { homePage } from './http/home.js'
import { jwksRoute } from './http/jwks.js'
import { refuseForeignHosts } from './http/known-hosts.js'
import { metrics } from './http/metrics.js'
import { createNodeServer } from './http/node-server.js'
import { checkRequests } from './http/request-checks.js'
import { logRequests, requestIdOf } from './http/request-log.js'
import { restFace } from './http/rest.js'
import { securityHeaders } from './http/security-headers.js'
import { trpcFace } from './http/trpc.js'
import { boundUnreadAnswers } from './http/unread-answers.js'
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
  checkRequests(app)
  endConnections(app, container.readiness)
  await app.register(fastifyCookie)
  await registerPages(app, container)
  await app.register(trpcFace(appRouter, container), { prefix: '/trpc' })
  await app.register(restFace(appRouter, container), { prefix: '/api' })
  return app
}

async function registerPages(app: FastifyInstance, container: Container): Promise<void> {
  const { config, readiness } = container
  await app.register(healthRoutes(readiness))
  // After the probes, which are answered whatever else their address does.
  boundUnreadAnswers(app)
  await app.register(metrics(config))
  await app.register(jwksRoute(container))
  await app.register(docsPage(appRouter, config))
  if (config.mode !== 'development') return
  await app.register(async (scope) => {
    refuseForeignHosts(scope, config)
    await scope.register(homePage(config))
    await scope.register(devMailbox(config))
  })
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
    trustProxy: config.http.trustProxy.length > 0 ? [...config.http.trustProxy] : false,
    // What comes while the server closes is served as well.
    return503OnClosing: false,
  }
}
