import type { Role } from '../generated/enums.js'
import type { LimitRule } from './security/rate-limits.js'

/** Who may call a procedure: anyone, every user, or the users who have a role. */
export type Access = 'public' | Role

/** A procedure's place under `/api`. `{id}` in a path names a key of the input. */
export interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: `/${string}`
  /** 200 if left out; 201 answers with `Location`, 204 without a body. */
  status?: 200 | 201 | 202 | 204
}

/** What a procedure declares beside its input and output. `access` is set by the builders. */
export interface Meta {
  access?: Access
  rest?: RestRoute
  /** One line, for OpenAPI. */
  summary?: string
  /** What is charged for each call, before anything else; {@link defaultLimits} if left out. */
  limits?: readonly LimitRule[]
  /** Checks or sets a password: refused at once, and at no cost, while too many others do. */
  hashesPassword?: true
  /** Refuses to share an HTTP request with other calls. */
  refusesBatch?: true
  /** Signing in and out works with an access token that has expired. */
  overlooksCredential?: true
}

/** A safety net against runaway clients, counted in each instance for itself. */
export const defaultLimits: readonly LimitRule[] = [
  { name: 'default', by: 'actor', points: 30_000, windowSeconds: 60, store: 'local' },
]
