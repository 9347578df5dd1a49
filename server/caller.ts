import { randomUUID } from 'node:crypto'
import type { Container } from './container.js'
import { createInProcessContext } from './core/context.js'
import { createCallerFactory } from './procedures.js'
import { appRouter } from './router.js'

interface CallerOptions {
  /** An `Authorization` header, such as `Bearer ...`; without one the caller is anonymous. */
  authorization?: string
  /** For logs and the audit trail. */
  requestId?: string
  ip?: string
  userAgent?: string
}

const createRouterCaller = createCallerFactory(appRouter)

/**
 * Calls procedures without HTTP, from a script or a server component in the same process. Access, limits and validation
 * are those of the other transports. Failures are thrown as TRPCError; `toAppError` of `core/error-mapping.ts` converts
 * them to the AppError that the other transports return.
 */
export async function createCaller(container: Container, options: CallerOptions = {}) {
  const { authorization, requestId = randomUUID(), ip = '127.0.0.1', userAgent = 'in-process' } = options
  return createRouterCaller(await createInProcessContext(container, authorization, { requestId, ip, userAgent }))
}
