import { randomUUID } from 'node:crypto'
import type { Caller, Callers, CallOrigin } from './caller-types.js'
import type { Container } from './container.js'
import { type Origin, systemUserId } from './core/actor.js'
import { CallError } from './core/call-error.js'
import { createInProcessContext, type InProcessCaller } from './core/context.js'
import { originMax } from './core/fields/schema.js'
import { createCallerFactory } from './procedures.js'
import { appRouter } from './router.js'

const createRouterCaller = createCallerFactory(appRouter)
const reasonMax = 200

/**
 * Creates callers of procedures without HTTP. Access, validation and limits are those of the transports, and are checked
 * on each call. Failed calls throw {@link CallError}.
 */
export function createCallers(container: Container): Callers {
  const { authenticator } = container
  return {
    withToken(accessToken, origin) {
      const bearer = accessToken ?? null
      const identify = async () => (bearer === null ? undefined : authenticator.authenticate(bearer))
      return createCaller(container, originOf(origin), async () => ({ identity: await identify(), bearer }))
    },

    asUser(userId, origin) {
      const identify = () => authenticator.identifyUser(userId)
      return createCaller(container, originOf(origin), async () => ({ identity: await identify(), bearer: null }))
    },

    asSystem(reason) {
      const origin = originOf({ userAgent: `system: ${assertReason(reason)}` })
      const identity = { userId: systemUserId, role: 'admin', sessionId: null } as const
      const record = once(() => recordTask(container, reason, origin))
      return createCaller(container, origin, async () => {
        await record()
        return { identity, bearer: null }
      })
    },
  }
}

type Identify = () => Promise<Omit<InProcessCaller, 'origin'>>

// The context is created for each call, so that a caller does not outlive the access of its user.
function createCaller(container: Container, origin: Origin, identify: Identify): Caller {
  const createContext = async () => createInProcessContext(container, { ...(await identify()), origin })
  return createRouterCaller(createContext, {
    onError({ error, path = '' }) {
      throw new CallError(error, { path, requestId: origin.requestId })
    },
  })
}

function originOf({ requestId = randomUUID(), ip = '127.0.0.1', userAgent = 'in-process' }: CallOrigin = {}): Origin {
  return {
    requestId: requestId.slice(0, originMax.requestId),
    ip: ip.slice(0, originMax.ip),
    userAgent: userAgent.slice(0, originMax.userAgent),
  }
}

function assertReason(reason: string): string {
  const { length } = reason.trim()
  if (length > 0 && reason.length <= reasonMax) return reason
  throw new TypeError(`Give a reason of 1 to ${reasonMax} characters, such as asSystem('nightly report').`)
}

function recordTask({ db, services }: Container, reason: string, origin: Origin): Promise<void> {
  return services.audit.record(db, { type: 'system.acted', actorId: null, userId: null, origin, data: { reason } })
}

/** Runs work once. If it fails, the next call runs it again. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined
      throw error
    })
    return done
  }
}
