import type { Services } from './container.js'
import { createProcedureBuilders } from './core/procedures.js'
import type { LimitRule } from './core/security/rate-limits.js'

const builders = createProcedureBuilders<Services>()

export const { router, createCallerFactory, publicProcedure, protectedProcedure } = builders

/**
 * A user with an active session may call it for own rows, and an admin for all rows.
 *
 * @public also if no feature uses it
 */
export const ownerProcedure = builders.ownerProcedure('admin')

/**
 * Creates a procedure that users with one of the given roles may call.
 *
 * @public for roles that an application adds
 */
export const requireRole = builders.requireRole

/** An admin may call it. */
export const adminProcedure = requireRole('admin')

/** Limits guesses at the password of a logged-in user, in all procedures that ask for it. */
export const currentPasswordLimits: readonly LimitRule[] = [
  { name: 'current-password', by: 'actor', points: 10, windowSeconds: 900 },
]
