import { getFetch, httpBatchLink, httpLink, type Operation, retryLink, splitLink, type TRPCLink } from '@trpc/client'
import type { AppRouter } from './app-router.js'
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

/** The link for calls that authenticate themselves with a password or a refresh token. */
export function bareLink(connection: Connection): TRPCLink<AppRouter> {
  return httpLink({ ...authOptions(connection), headers: connection.headers })
}

/** The link for all other calls: with the access token, in batches, and repeated once if the token was rejected. */
export function sessionLinks(connection: Connection, session: Session): TRPCLink<AppRouter>[] {
  const tokensSent = new WeakMap<object, string>()
  const headers = async (operations: readonly Operation[]) => {
    const token = await session.accessToken()
    if (token === null) return connection.headers
    for (const { context } of operations) tokensSent.set(context, token)
    return { ...connection.headers, authorization: `Bearer ${token}` }
  }
  return [
    retryRefused(session, tokensSent),
    splitLink({
      condition: isAuth,
      true: httpLink({ ...authOptions(connection), headers: ({ op }) => headers([op]) }),
      false: httpBatchLink({
        ...httpOptions(connection),
        maxItems,
        maxURLLength,
        headers: ({ opList }) => headers(opList),
      }),
    }),
  ]
}

function retryRefused(session: Session, tokensSent: WeakMap<object, string>): TRPCLink<AppRouter> {
  return retryLink({
    retry({ op, error, attempts }) {
      const token = tokensSent.get(op.context)
      if (token === undefined || apiError(error)?.code !== 'UNAUTHORIZED') return false
      session.markStale(token)
      return attempts === 1 && !isAuth(op)
    },
  })
}

// The server does not accept these in batches, and only these read or write the refresh cookie.
function isAuth({ path }: Operation): boolean {
  return path.startsWith('auth.')
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
