import type { Role } from '../generated/enums.js'
import type { IdempotentCall } from './idempotency/request.js'

/** Where a request comes from, for sessions, limits and the audit trail. */
export interface Origin {
  requestId: string
  ip: string
  userAgent: string
}

/** The user that a credential belongs to, with the current values of the database. */
export interface Identity {
  userId: string
  role: Role
  /** Null for API keys, and if code of this process acts for the user. */
  sessionId: string | null
  /** The API key of the request. It may only do what its scopes allow. */
  apiKey?: { id: string; scopes: readonly string[] }
}

/** The user of tasks of the system. No row has this id, so that the system owns nothing. */
export const systemUserId = '00000000-0000-0000-0000-000000000000'

/** Whether a task of the system acts, and no user. */
export function isSystem({ userId }: Pick<Identity, 'userId'>): boolean {
  return userId === systemUserId
}

/** The caller, as identified by the credential. No part of it comes from the input. */
export interface Actor extends Identity {
  /** Set by procedures that let a role act on the rows of all users. Without it, an actor may only act on own rows. */
  reach?: 'all'
  origin: Origin
  /** Set by procedures that create at most once; see `createOnce`. */
  idempotency?: IdempotentCall
}

/** Turns credentials into identities. The sessions feature of the application implements it. */
export interface Authenticator {
  /** Returns the identity of an access token or API key, or null if it is not valid or has ended. */
  authenticate(accessToken: string): Promise<Identity | null>
  /** Returns the identity of a user for code of this process, or null if the user may not log in. */
  identifyUser(userId: string): Promise<Identity | null>
  /**
   * Reads the actor from the database, without a cache. Null if the session or the access of the user has ended. The
   * system is returned as it is.
   */
  readAfresh(actor: Actor): Promise<Actor | null>
}
