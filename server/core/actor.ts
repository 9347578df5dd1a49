import type { Role } from '../generated/enums.js'

/** Where a request comes from, for sessions, limits and the audit trail. */
export interface Origin {
  requestId: string
  ip: string
  userAgent: string
}

/** Whom a credential names, as the database knows them now. */
interface Identity {
  userId: string
  role: Role
  sessionId: string
}

/** Who acts, as the credential says; nothing in it comes from the input. */
export interface Actor extends Identity {
  /** Set by procedures that let a role act on everybody's rows; without it an actor reaches own rows alone. */
  reach?: 'all'
  origin: Origin
}

/** Turns credentials into identities. The application's sessions implement it. */
export interface Authenticator {
  /** Gives the identity of an access token; null if it names no living session. */
  authenticate(accessToken: string): Promise<Identity | null>
  /** Looks the actor up in the database, past every cache; null if the session or the user has ended. */
  readAfresh(actor: Actor): Promise<Actor | null>
}
