import type { Role } from '../generated/enums.js'
import type { ErrorCode } from './errors.js'
import type { LimitRule } from './security/rate-limits.js'

/** Who may call a procedure: anyone, every user, or users with a role. */
type Access = 'public' | Role

/** The REST route of a procedure under `/api`. `{id}` in a path stands for a key of the input. */
export interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: `/${string}`
  /** 200 by default. A 201 response has a `Location` header, and a 204 response has no body. */
  status?: 200 | 201 | 202 | 204
  /**
   * The key of the output with which the GET route of a created resource ends, `id` by default: `Location` leads there.
   * Null if the resource has no URL of its own.
   */
  locatedBy?: string | null
}

/** The middlewares of the builders that check the access of a call, by which the checks at start recognize them. */
export const admissions = new WeakSet<object>()

/** The declarations of a procedure besides its input and output. The builders set `access`. */
export interface Meta {
  access?: Access
  rest?: RestRoute
  /** One line for OpenAPI, as a verb phrase: "Create a post". */
  summary?: string
  /**
   * For OpenAPI and the client's types, in Markdown: what the operation does, who may call it, and its side effects, such as
   * mails and ended sessions. Access by role and limits are added from their declarations.
   */
  description?: string
  /**
   * The scope that an API key needs: `<feature>:read` for queries, `<feature>:write` for mutations. Without one, API keys
   * cannot call the procedure.
   */
  scope?: `${string}:read` | `${string}:write`
  /**
   * The codes with which it can fail, besides those that its access, limits, path and input imply (see `possible-errors.ts`).
   * Clients get them as types, and OpenAPI lists them.
   */
  errors?: readonly ErrorCode[]
  /** The limits that are charged for each call, before anything else; {@link defaultLimits} by default. */
  limits?: readonly LimitRule[]
  /** The procedure checks or sets a password. It is rejected immediately if the queue of password hashes is full. */
  hashesPassword?: true
  /**
   * Whether an `Idempotency-Key` counts; required where something is created (201). `kept`: the verb runs in `createOnce`,
   * and its answer is kept for repetitions. `none`: the answer contains a secret and is not kept.
   */
  idempotency?: 'kept' | 'none'
  /** A response can set or delete a cookie; OpenAPI says so. */
  setsCookie?: true
  /**
   * The procedure uses the `signal` of its options, which is aborted when the client disconnects or the time limit of a
   * request is over. Without this, queries and mutations have none, because each one costs time.
   */
  usesSignal?: true
  /** The procedure cannot be called in a batch. */
  refusesBatch?: true
  /** The procedure ignores an invalid access token, because login and logout must work with an expired one. */
  overlooksCredential?: true
}

/** Protects against clients in an endless loop. Each instance counts separately. */
export const defaultLimits: readonly LimitRule[] = [
  { name: 'default', by: 'actor', points: 30_000, windowSeconds: 60, store: 'local' },
]
