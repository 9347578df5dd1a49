import type { TRPCClient } from '@trpc/client'
import { type NextRequest, NextResponse } from 'next/server.js'
import superjson from 'superjson'
import type { AppRouter } from './app-router.js'
import { apiError } from './errors.js'
import { createServerApi, ownOrigin, readSession, secondsLeft, serverUrl } from './next-server.js'
import { askTwice, withTimeout } from './renewal.js'

export interface SessionProxyOptions {
  /** The pages for signed-in users: paths such as `/account`, with all below them, or a function of the path. */
  protect?: readonly string[] | ((path: string) => boolean)
  /** Where visitors of these pages sign in. `?next=` tells where they come from. `/login` by default. */
  signInPath?: string
  /** Another proxy, such as that of next-intl. Its response is used. */
  proxy?: (request: NextRequest) => Response | Promise<Response>
}

const files = /^\/_next\/|\.(avif|css|gif|ico|jpe?g|js|json|map|png|svg|txt|webmanifest|webp|woff2?|xml)$/

/**
 * Creates the function for `proxy.ts` of Next: the one place in which a frontend with server components renews the
 * session. It also forwards the calls of the page, under `/trpc`, to the server, so that cookies belong to the frontend.
 */
export function sessionProxy(options: SessionProxyOptions = {}): (request: NextRequest) => Promise<Response> {
  const { protect = [], signInPath = '/login', proxy = () => NextResponse.next() } = options
  const isListed = (path: string, pages: readonly string[]) => pages.some((page) => `${path}/`.startsWith(`${page}/`))
  return async (request) => {
    const { pathname, search } = request.nextUrl
    if (pathname.startsWith('/trpc/')) return forward(request)
    const path = pathname.replace(/%[2-7][\da-f]/gi, decodeURIComponent) // Next finds the page of %61ccount, too.
    const isProtected = typeof protect === 'function' ? protect(path) : isListed(path, protect)
    if (!isProtected && files.test(pathname)) return proxy(request)
    const session = await findSession(request)
    if (isProtected && pathname !== signInPath && (!session || session.signedIn === null)) {
      const target = new URL(`${signInPath}?next=${encodeURIComponent(pathname + search)}`, request.url)
      return answer(request, NextResponse.redirect(target, 303), session?.setCookies)
    }
    const response = await proxy(request)
    return session ? answer(request, response, session.setCookies) : response
  }
}

// A page that starts asks for a token. It gets the one that is at hand, so that nothing is rotated.
async function forward(request: NextRequest): Promise<Response> {
  const isRefresh = request.method === 'POST' && request.nextUrl.pathname === '/trpc/auth.refresh'
  const session = isRefresh ? await findSession(request) : null
  if (!session?.signedIn) return NextResponse.rewrite(serverUrl() + request.nextUrl.pathname + request.nextUrl.search)
  const reply = { result: { data: superjson.serialize(session.signedIn) } }
  return answer(request, NextResponse.json(reply), session.setCookies)
}

/**
 * Finds out who the visitor is, renews the session if necessary, and gives the request the new cookies. It returns null
 * for visitors without a session. `signedIn` is null for a session that has ended, and undefined while the server cannot
 * tell.
 */
async function findSession({ cookies, headers }: NextRequest) {
  const session = readSession(cookies.getAll())
  if (!session) return null
  const setCookies: string[] = []
  const api = createServerApi(headers, cookies, setCookies)
  const signedIn = await checkOrRenew(api, session.accessToken).catch((error: unknown) => {
    if (apiError(error)?.code !== 'FORBIDDEN') return undefined
    throw new Error(`The server refuses the origin ${ownOrigin(headers)}. Set APP_URL for Next and for the server.`)
  })
  return { signedIn, setCookies }
}

async function checkOrRenew(api: TRPCClient<AppRouter>, accessToken?: string) {
  const read = (signal: AbortSignal) => api.users.me.query(undefined, { signal })
  const user = accessToken && (await withTimeout(read).catch(nullIfInvalid))
  if (user) return { accessToken, tokenType: 'Bearer', expiresIn: secondsLeft(accessToken), user }
  return askTwice((signal) => api.auth.refresh.mutate({}, { signal })).catch(nullIfInvalid)
}

function nullIfInvalid(error: unknown): null {
  const code = apiError(error)?.code
  if (code === 'UNAUTHORIZED' || code === 'INVALID_TOKEN') return null
  throw error
}

/**
 * Turns a response into one for a session. No cache on the way or in the browser may give it to another person. What is
 * rendered sees the changed cookies of the request: Next takes its headers from these of the response, which it does not
 * send. Another proxy that sets them has copied the cookies already.
 */
function answer(request: NextRequest, response: Response, setCookies: readonly string[] = []): NextResponse {
  const own = new NextResponse(response.body, response)
  const { headers } = own
  const isRendered = headers.has('x-middleware-next') || headers.has('x-middleware-rewrite')
  const isHandedOver = headers.has('x-middleware-override-headers')
  const seen = isRendered && !isHandedOver ? NextResponse.next({ request }).headers : []
  for (const [name, value] of seen) headers.set(name, value)
  for (const line of setCookies) headers.append('set-cookie', line)
  headers.set('cache-control', 'private, no-store')
  return own
}
