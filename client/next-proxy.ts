import { type NextRequest, NextResponse } from 'next/server.js'
import superjson from 'superjson'
import { apiError } from './errors.js'
import { createServerApi } from './next-api.js'
import { accessCookieName, ownOrigin, readCookie, serverUrl, visitorHeaders, withAccessCookie } from './next-server.js'
import type { User } from './session-state.js'

export interface SessionProxyOptions {
  /** The pages for signed-in users: paths such as `/account`, with all below them, or a function of the path. */
  protect?: readonly string[] | ((path: string) => boolean)
  /** Where visitors of these pages sign in. `?next=` tells where they come from. `/login` by default. */
  signInPath?: string
  /** Another proxy, such as that of next-intl. Its response is used. */
  proxy?: (request: NextRequest) => Response | Promise<Response>
}

interface Found {
  /** `unknown` if the server cannot tell now. */
  status: 'signed-in' | 'anonymous' | 'unknown'
  setCookies: readonly string[]
}

// Twice this is within the time in which the server repeats an answer that was lost (docs/sessions.md), for the first
// half of it.
const refreshTimeoutMs = 7000
const callTimeoutMs = 30_000
const files = /^\/_next\/|\.(avif|css|gif|ico|jpe?g|js|json|map|png|svg|txt|webmanifest|webp|woff2?|xml)$/

/**
 * Creates the function for `proxy.ts` of Next: the one place in which a frontend with server components renews the
 * session. It also forwards the calls of the page, under `/trpc`, to the server, so that cookies belong to the frontend.
 */
export function sessionProxy(options: SessionProxyOptions = {}): (request: NextRequest) => Promise<Response> {
  const { protect = [], signInPath = '/login', proxy = () => NextResponse.next() } = options
  const isProtected =
    typeof protect === 'function'
      ? protect
      : (path: string) => protect.some((page) => path === page || path.startsWith(`${page}/`))
  return async (request) => {
    const { pathname, search } = request.nextUrl
    if (pathname.startsWith('/trpc/')) return forward(request)
    if (files.test(pathname)) return proxy(request)
    const hadSession = accessCookieName(request.cookies.getAll()) !== undefined
    const { status, setCookies } = await findSession(request)
    if (status === 'anonymous' && isProtected(pathname) && pathname !== signInPath) {
      const target = new URL(`${signInPath}?next=${encodeURIComponent(pathname + search)}`, request.url)
      return keepPrivate(NextResponse.redirect(target, 303), setCookies)
    }
    const response = await proxy(request)
    return hadSession ? keepPrivate(handOver(request, response), setCookies) : response
  }
}

async function forward(request: NextRequest): Promise<Response> {
  const { pathname, search } = request.nextUrl
  // Only these read or write cookies, and the server does not take them in batches.
  if (request.method !== 'POST' || !pathname.startsWith('/trpc/auth.'))
    return NextResponse.rewrite(serverUrl() + pathname + search)
  const body = await request.text()
  const kept = pathname === '/trpc/auth.refresh' && !body.includes('refreshToken') ? await findKept(request) : null
  if (kept) return keepPrivate(NextResponse.json({ result: { data: superjson.serialize(kept) } }), [])
  const origin = request.headers.get('origin') ?? ''
  const reply = await call(request, pathname + search, { body, origin, timeoutMs: callTimeoutMs })
  const names = ['content-type', 'retry-after', 'x-request-id']
  const headers = names.map((name): [string, string] => [name, reply.headers.get(name) ?? ''])
  const response = new NextResponse(reply.text, { status: reply.status, headers: headers.filter(([, value]) => value) })
  return keepPrivate(response, reply.setCookies)
}

// A page that starts asks who is signed in. It gets the token that is at hand, so that it rotates nothing.
async function findKept(request: NextRequest) {
  const accessToken = request.cookies.get(accessCookieName(request.cookies.getAll()) ?? '')?.value
  const user = accessToken ? await whoHas(accessToken, request).catch(() => null) : null
  if (!accessToken || !user) return null
  const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()
  const [, expiresAt = '0'] = /"exp":(\d+)/.exec(payload) ?? []
  return { accessToken, tokenType: 'Bearer', expiresIn: Math.floor(Number(expiresAt) - Date.now() / 1000), user }
}

async function findSession(request: NextRequest): Promise<Found> {
  const name = accessCookieName(request.cookies.getAll())
  if (name === undefined) return { status: 'anonymous', setCookies: [] }
  const accessToken = request.cookies.get(name)?.value
  const user = accessToken ? await whoHas(accessToken, request).catch(() => undefined) : null
  if (user !== null) return { status: user ? 'signed-in' : 'unknown', setCookies: [] }
  request.cookies.delete(name)
  return refresh(request)
}

/** Null if the server refuses the token. @throws TRPCClientError if the server cannot tell now */
async function whoHas(accessToken: string, { headers }: NextRequest): Promise<User | null> {
  const sent = { ...visitorHeaders(headers), authorization: `Bearer ${accessToken}` }
  const api = createServerApi(() => sent)
  return api.users.me.query(undefined, { signal: AbortSignal.timeout(refreshTimeoutMs) }).catch((error: unknown) => {
    if (apiError(error)?.code === 'UNAUTHORIZED') return null
    throw error
  })
}

async function refresh(request: NextRequest): Promise<Found> {
  const origin = ownOrigin(request.headers)
  const attempt = () =>
    call(request, '/trpc/auth.refresh', { body: '{"json":{}}', origin, timeoutMs: refreshTimeoutMs })
  // An answer that is lost is asked for once more, while the server still repeats it.
  const reply = await attempt()
    .catch(attempt)
    .catch(() => null)
  if (reply?.status === 403) throw new Error(`The server refuses the origin ${origin}. Set APP_URL here and there.`)
  if (reply?.status !== 200 && reply?.status !== 401) return { status: 'unknown', setCookies: [] }
  const changes = reply.setCookies.map(readCookie).sort((one, other) => one.value.length - other.value.length)
  for (const { name, value } of changes) {
    if (value) request.cookies.set(name, value)
    else request.cookies.delete(name)
  }
  return { status: reply.status === 200 ? 'signed-in' : 'anonymous', setCookies: reply.setCookies }
}

async function call(
  { headers }: NextRequest,
  path: string,
  options: { body: string; origin: string; timeoutMs: number },
) {
  const { body, origin, timeoutMs } = options
  const response = await fetch(serverUrl() + path, {
    method: 'POST',
    headers: { ...visitorHeaders(headers, 'cookie', 'authorization'), origin, 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  })
  const text = await response.text()
  const setCookies = withAccessCookie(response.headers.getSetCookie(), text)
  return { status: response.status, headers: response.headers, text, setCookies }
}

/**
 * Lets the page that is rendered see the cookies that the answer sets, whatever another proxy has made of the request.
 * Next takes the headers of the request from these headers of the response and shows them to nobody.
 */
function handOver(request: NextRequest, response: Response): NextResponse {
  const result = new NextResponse(response.body, response)
  const target = result.headers.get('x-middleware-rewrite')
  const isRendered = target === null ? result.headers.has('x-middleware-next') : isOwn(target, request)
  if (!isRendered) return result
  const own = NextResponse.next({ request: { headers: request.headers } }).headers
  const names = result.headers.get(overrides)
  if (names === null) for (const [name, value] of own) result.headers.set(name, value)
  else result.headers.set(overrides, [...new Set([...names.split(','), 'cookie'])].join())
  result.headers.set('x-middleware-request-cookie', own.get('x-middleware-request-cookie') ?? '')
  return result
}

const overrides = 'x-middleware-override-headers'

function isOwn(target: string, { nextUrl }: NextRequest): boolean {
  return new URL(target, nextUrl).origin === nextUrl.origin
}

// Neither a cache on the way nor the browser's may give it to another person.
function keepPrivate(response: NextResponse, setCookies: readonly string[]): NextResponse {
  for (const line of setCookies) response.headers.append('set-cookie', line)
  response.headers.set('cache-control', 'private, no-store')
  return response
}
