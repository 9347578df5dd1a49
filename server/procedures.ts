import type { Services } from './container.js'
import { createProcedureBuilders } from './core/procedures.js'
import type { LimitRule } from './core/security/rate-limits.js'

const builders = createProcedureBuilders<Services>()

export const { router, createCallerFactory, publicProcedure, protectedProcedure } = builders

/**
 * A user with a living session may call it on own rows; an admin, on everybody's.
 *
 * @public also where no feature uses it
 */
export const ownerProcedure = builders.ownerProcedure('admin')

/**
 * Makes a procedure that users with one of the given roles may call.
 *
 * @public for the roles that an application adds
 */
export const requireRole = builders.requireRole

/** An admin may call it. */
export const adminProcedure = requireRole('admin')

/** Slows guessing at the password of a signed-in user, in all procedures together that ask for it. */
export const currentPasswordLimits: readonly LimitRule[] = [
  { name: 'current-password', by: 'actor', points: 10, windowSeconds: 900 },
]
