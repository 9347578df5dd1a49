import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import createRouter from 'find-my-way'
import { MethodNotAllowedError, NotFoundError } from '../errors.js'
import { pathOf } from './request-log.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route exists so that its method is rejected. */
    isRejected?: boolean
  }
}

/** The longest value of a path: as long as a request line may be, so that schemas alone decide. */
export const maxParamLength = 16_384

/**
 * Responds to requests that no route takes: 405 with `Allow` if their path has routes for other methods (RFC 9110
 * section 15.5.6), 204 with `Allow` for `OPTIONS`, and 404 otherwise. Call it before routes are registered, and after
 * the hooks that set headers and answer CORS preflights; bodies of such requests are not read.
 */
export function answerUnrouted(app: FastifyInstance): void {
  const methodsOf = rememberRoutes(app)
  const answer = (request: FastifyRequest, reply: FastifyReply, fail: (error: Error) => void): void => {
    const methods = methodsOf(pathOf(request))
    if (methods.length === 0) return fail(new NotFoundError())
    reply.header('allow', methods.join(', '))
    if (request.method === 'OPTIONS') reply.code(204).send()
    else fail(new MethodNotAllowedError())
  }
  app.setNotFoundHandler((request, reply) => answer(request, reply, (error) => void reply.send(error)))
  app.addHook('onRequest', (request, reply, done) => {
    const isUnrouted = request.is404 || request.method === 'OPTIONS' || request.routeOptions.config.isRejected
    if (isUnrouted) answer(request, reply, done)
    else done()
  })
}

/** Notes the routes that are registered from now on. @returns the methods of the route that a path leads to */
function rememberRoutes(app: FastifyInstance): (path: string) => readonly string[] {
  const router = createRouter({ maxParamLength })
  const methodsByUrl = new Map<string, string[]>()
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.isRejected) return
    const key = url.replace(/:\w+/g, ':')
    const methods = methodsByUrl.get(key) ?? []
    if (methods.length === 0) router.on('GET', url, () => {}, methods)
    methods.push(...[method].flat())
    methodsByUrl.set(key, methods)
  })
  return (path) => router.find('GET', path)?.store ?? []
}
