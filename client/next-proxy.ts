import type { TRPCClient } from '@trpc/client'
import { type NextRequest, NextResponse } from 'next/server.js'
import superjson from 'superjson'
import type { AppRouter } from './app-router.js'
import { apiError, type ErrorCode } from './errors.js'
import { createServerApi, ownOrigin, readCookie, readSession, secondsLeft, serverUrl } from './next-server.js'
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
const overrides = 'x-middleware-override-headers'

/**
 * Creates the function for `proxy.ts` of Next: the one place in which a frontend with server components renews the
 * session. It also forwards the calls of the page, under `/trpc`, to the server, so that cookies belong to the frontend.
 */
export function sessionProxy(options: SessionProxyOptions = {}): (request: NextRequest) => Promise<Response> {
  const { protect = [], signInPath = '/login', proxy = () => NextResponse.next() } = options
  const isListed = (path: string) => (page: string) => `${path}/`.startsWith(`${page}/`)
  return async (request) => {
    const { pathname, search } = request.nextUrl
    if (pathname.startsWith('/trpc/')) return forward(request)
    if (files.test(pathname)) return proxy(request)
    const hadSession = readSession(request.cookies.getAll()) !== null
    const { signedIn, setCookies } = await findSession(request)
    const isProtected = typeof protect === 'function' ? protect(pathname) : protect.some(isListed(pathname))
    if (signedIn === null && isProtected && pathname !== signInPath) {
      const target = new URL(`${signInPath}?next=${encodeURIComponent(pathname + search)}`, request.url)
      return keepPrivate(NextResponse.redirect(target, 303), setCookies)
    }
    const response = await proxy(request)
    return hadSession ? keepPrivate(handOver(request, response), setCookies) : response
  }
}

// A page that starts asks for a token. It gets the one that is at hand, so that nothing is rotated.
async function forward(request: NextRequest): Promise<Response> {
  const { pathname, search } = request.nextUrl
  if (request.method === 'POST' && pathname === '/trpc/auth.refresh') {
    const { signedIn, setCookies } = await findSession(request)
    const reply = { result: { data: superjson.serialize(signedIn) } }
    if (signedIn) return keepPrivate(NextResponse.json(reply), setCookies)
  }
  return NextResponse.rewrite(serverUrl() + pathname + search)
}

/**
 * Finds out who the visitor is, renews the session if necessary, and gives the request the new cookies. `signedIn` is null
 * for visitors without a session, and undefined while the server cannot tell.
 */
async function findSession({ cookies, headers }: NextRequest) {
  const setCookies: string[] = []
  const session = readSession(cookies.getAll())
  if (!session) return { signedIn: null, setCookies }
  const { accessToken } = session
  const collect = (lines: readonly string[]) => setCookies.push(...lines)
  const api = createServerApi(headers, () => accessToken, collect)
  const signedIn = await checkOrRenew(api, accessToken).catch((error: unknown) => {
    if (apiError(error)?.code !== 'FORBIDDEN') return undefined
    throw new Error(`The server refuses the origin ${ownOrigin(headers)}. Set APP_URL for Next and for the server.`)
  })
  // A cookie may be cleared for one scope and set for another.
  const changes = setCookies.map(readCookie).sort((one, other) => one.value.length - other.value.length)
  for (const { name, value } of changes) cookies.set(name, value)
  return { signedIn, setCookies }
}

async function checkOrRenew(api: TRPCClient<AppRouter>, accessToken?: string) {
  const read = (signal: AbortSignal) => api.users.me.query(undefined, { signal })
  const user = accessToken && (await withTimeout(read).catch(nullIf('UNAUTHORIZED')))
  if (user) return { accessToken, tokenType: 'Bearer', expiresIn: secondsLeft(accessToken), user }
  return askTwice((signal) => api.auth.refresh.mutate({}, { signal })).catch(nullIf('INVALID_TOKEN'))
}

function nullIf(code: ErrorCode) {
  return (error: unknown) => {
    if (apiError(error)?.code !== code) throw error
    return null
  }
}

/**
 * Lets what is rendered see the changed cookies of the request, whatever another proxy has made of it. Next takes the
 * headers of the request from these headers of the response, which it does not send.
 */
function handOver(request: NextRequest, response: Response): NextResponse {
  const { headers } = new NextResponse(response.body, response)
  const target = headers.get('x-middleware-rewrite') ?? (headers.has('x-middleware-next') ? request.url : 'about:')
  if (new URL(target, request.url).origin === request.nextUrl.origin) {
    const own = NextResponse.next({ request }).headers
    own.delete('x-middleware-next')
    if (!headers.has(overrides)) for (const [name, value] of own) headers.set(name, value)
    headers.set(overrides, `${headers.get(overrides)},cookie`)
    headers.set('x-middleware-request-cookie', request.headers.get('cookie') ?? '')
  }
  return new NextResponse(response.body, { status: response.status, headers })
}

// Neither a cache on the way nor that of a browser may give it to another person.
function keepPrivate(response: NextResponse, setCookies: readonly string[]): NextResponse {
  for (const line of setCookies) response.headers.append('set-cookie', line)
  response.headers.set('cache-control', 'private, no-store')
  return response
}
