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
 * section 15.5.6), 204 with `Allow` for `OPTIONS`, and 404 otherwise. Call it before routes are registered; bodies of
 * such requests are not read.
 */
export function answerUnrouted(app: FastifyInstance): void {
  const methodsOf = rememberRoutes(app)
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const methods = methodsOf(pathOf(request))
    if (methods.length === 0) throw new NotFoundError()
    reply.header('allow', methods.join(', '))
    if (request.method === 'OPTIONS') return reply.code(204).send()
    throw new MethodNotAllowedError()
  }
  app.setNotFoundHandler(answer)
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || request.routeOptions.config.isRejected) return answer(request, reply)
    return undefined
  })
}

/** Notes the routes that are registered from now on. @returns the methods of the route that a path leads to */
function rememberRoutes(app: FastifyInstance): (path: string) => readonly string[] {
  const router = createRouter({ maxParamLength })
  const methodsByUrl = new Map<string, string[]>()
  app.addHook('onRoute', ({ method, url, config }) => {
    // `*` is where CORS answers preflight requests; that says nothing of a path.
    if (url === '*' || config?.isRejected) return
    const key = url.replace(/:\w+/g, ':')
    const methods = methodsByUrl.get(key) ?? []
    if (methods.length === 0) router.on('GET', url, () => {}, methods)
    methods.push(...[method].flat())
    methodsByUrl.set(key, methods)
  })
  return (path) => router.find('GET', path)?.store ?? []
}
