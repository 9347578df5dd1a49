import {
  getFetch,
  httpBatchLink,
  httpLink,
  type Operation,
  retryLink,
  splitLink,
  TRPCClientError,
  type TRPCLink,
} from '@trpc/client'
import { observable, type Unsubscribable } from '@trpc/server/observable'
import type { AppRouter } from './app-router.js'
import { creations } from './creations.js'
import { apiError } from './errors.js'
import type { Session } from './session.js'
import { transformer } from './transformer.js'

export type Fetch = ReturnType<typeof getFetch>

export interface Connection {
  /** The address of the tRPC transport. */
  url: string
  fetch: Fetch | undefined
  headers: Record<string, string>
  /** Whether the refresh token is sent as a cookie. */
  usesCookie: boolean
}

// The limit of the server (10 calls) and the usual limit of proxies (8 KiB).
const maxItems = 10
const maxURLLength = 8000

// A tenth of the body that the server accepts (256 KiB), so that ten of them fit into a request.
const maxBatchedBytes = 25_000

/** The links for calls that authenticate themselves with a password or a refresh token. */
export function bareLinks(connection: Connection): TRPCLink<AppRouter>[] {
  return [sendAfter(async () => {}), httpLink({ ...authOptions(connection), headers: connection.headers })]
}

/** The links for all other calls: with the access token, in batches, and repeated once if the token was rejected. */
export function sessionLinks(connection: Connection, session: Session): TRPCLink<AppRouter>[] {
  const tokensSent = new WeakMap<object, string>()
  const callers = new WeakMap<object, string>()
  const headers = (operations: readonly Operation[]) => {
    const token = session.accessToken()
    const userId = session.view.get().user?.id
    // Another user has signed in since. A call of the former user must not be made in the name of the new one.
    const isOfAnother = operations.some(({ context }) => (callers.get(context) ?? userId) !== userId)
    if (token === null || isOfAnother) return connection.headers
    for (const { context } of operations) tokensSent.set(context, token)
    return { ...connection.headers, authorization: `Bearer ${token}` }
  }
  const prepare = ({ context }: Operation) => {
    const userId = session.view.get().user?.id
    if (userId !== undefined && !callers.has(context)) callers.set(context, userId)
    return session.ready()
  }
  return [retryRefused(session, tokensSent), repeatLost(), sendAfter(prepare), ...sendingLinks(connection, headers)]
}

/** The links that send calls, in batches. `headers` are those of a request. */
export function sendingLinks(
  connection: Connection,
  headers: (operations: readonly Operation[]) => Record<string, string>,
): TRPCLink<AppRouter>[] {
  return [
    splitLink({
      condition: (op) => isAuth(op) || isLarge(op) || isCreation(op),
      true: httpLink({ ...authOptions(connection), headers: ({ op }) => ({ ...headers([op]), ...keyOf(op) }) }),
      false: httpBatchLink({
        ...httpOptions(connection),
        maxItems,
        maxURLLength,
        headers: ({ opList }) => headers(opList),
      }),
    }),
  ]
}

// The server refuses a rejected token before it does anything, so that no mutation is carried out twice.
function retryRefused(session: Session, tokensSent: WeakMap<object, string>): TRPCLink<AppRouter> {
  return retryLink({
    retry({ op, error, attempts }) {
      const token = tokensSent.get(op.context)
      tokensSent.delete(op.context)
      if (token === undefined || apiError(error)?.code !== 'UNAUTHORIZED') return false
      session.markStale(token)
      return attempts === 1 && !isAuth(op)
    },
  })
}

// The server carries out a creation once for each key, so a lost response can be asked for again.
function repeatLost(): TRPCLink<AppRouter> {
  return retryLink({
    retry({ op, error, attempts }) {
      const code = apiError(error)?.code
      const isLost = code === undefined || code === 'IDEMPOTENCY_IN_PROGRESS'
      return isLost && isCreation(op) && !op.signal?.aborted && attempts <= repetitionsMax
    },
    retryDelayMs: (attempt) => firstPauseMs * 2 ** (attempt - 1),
  })
}

const repetitionsMax = 3
const firstPauseMs = 500

const keys = new WeakMap<object, string>()

// The key belongs to the caller and grants nothing, so it only has to be different each time.
function keyOf(op: Operation): Record<string, string> {
  if (!isCreation(op)) return {}
  const key = keys.get(op.context) ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
  keys.set(op.context, key)
  return { 'idempotency-key': key }
}

function isCreation({ path }: Operation): boolean {
  return creations.has(path)
}

/** Sends a call when it is prepared. A call that is aborted ends at once, and is not sent if it was still waiting. */
function sendAfter(prepare: (op: Operation) => Promise<void>): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let sent: Unsubscribable | undefined
        let isDone = false
        const fail = (error: unknown) => {
          if (!isDone) observer.error(TRPCClientError.from(error instanceof Error ? error : new Error(String(error))))
          isDone = true
        }
        const send = () => {
          if (!isDone) sent = next(op).subscribe(observer)
        }
        const abort = () => {
          fail(op.signal?.reason)
          sent?.unsubscribe()
        }
        op.signal?.addEventListener('abort', abort)
        if (op.signal?.aborted) abort()
        else prepare(op).then(send, fail)
        return () => {
          isDone = true
          op.signal?.removeEventListener('abort', abort)
          sent?.unsubscribe()
        }
      })
}

// The server does not accept these in batches, and only these read or write the refresh cookie.
function isAuth({ path }: Operation): boolean {
  return path.startsWith('auth.')
}

function isLarge({ type, input }: Operation): boolean {
  if (type !== 'mutation') return false
  const body = JSON.stringify(transformer.input.serialize(input))
  return new TextEncoder().encode(body).length > maxBatchedBytes
}

function authOptions(connection: Connection) {
  const options = httpOptions(connection)
  if (!connection.usesCookie) return options
  const withCookies: Fetch = (input, init) => getFetch(connection.fetch)(input, { ...init, credentials: 'include' })
  return { ...options, fetch: withCookies }
}

function httpOptions({ url, fetch }: Connection) {
  return { url, transformer, ...(fetch && { fetch }) }
}
