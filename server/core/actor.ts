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
  sessionId: string
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
  /** Returns the identity of an access token, or null if it does not belong to an active session. */
  authenticate(accessToken: string): Promise<Identity | null>
  /** Reads the actor from the database, without a cache. Null if the session or the access of the user has ended. */
  readAfresh(actor: Actor): Promise<Actor | null>
}
