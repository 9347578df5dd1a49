import type { AppRouter } from './router.js'

/** Callers of the procedures without HTTP. Failed calls throw `CallError`. */
export interface Callers {
  /** Calls as the user of an access token, or as an anonymous visitor without one. */
  withToken(accessToken: string | null | undefined, origin?: CallOrigin): Caller
  /** Calls as a user, with the role of the user. Calls fail with UNAUTHORIZED if the user may not log in. */
  asUser(userId: string, origin?: CallOrigin): Caller
  /**
   * Calls as the system, with the authority of an admin and without limits. The audit trail records the reason before
   * the first call, and each event that the calls cause has the reason as its user agent.
   *
   * @throws TypeError if the reason is empty or has more than 200 characters
   */
  asSystem(reason: string): Caller
}

/** Where calls come from, for limits, logs and the audit trail. */
export interface CallOrigin {
  requestId?: string
  ip?: string
  userAgent?: string
}

/**
 * The type of a caller: each procedure as a function. Nothing loads this file at run time.
 *
 * The compiler expands the type of an inferred constant, so that its declaration refers to nothing of the server, neither
 * to Prisma nor to a schema. Programs that call the server therefore type-check without these.
 *
 * @public
 */
export const caller = publish<AppRouter['_def']['record']>()

export type Caller = typeof caller

declare function publish<Nouns>(): {
  [Noun in keyof Nouns]: {
    [Verb in keyof Nouns[Noun]]: Nouns[Noun][Verb] extends {
      _def: { $types: { input: infer Input; output: infer Output } }
    }
      ? (input: Input) => Promise<Output>
      : never
  }
}
