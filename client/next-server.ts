import { createTRPCClient, type TRPCClient } from '@trpc/client'
import { NextResponse } from 'next/server.js'
import app from '../app.json' with { type: 'json' }
import type { AppRouter } from './app-router.js'
import { type Fetch, sendingLinks } from './links.js'

type Cookie = Record<'name' | 'value', string>

const refreshName = new RegExp(`^(__Host-)?${app.name}_refresh(_\\d+)?$`)
// The client of a page renews its token 30 seconds before it expires. By then the cookie has to be gone.
const renewAheadSeconds = 60

/**
 * Creates a client that calls the server in the name of a visitor: from the visitor's address, by which the server counts
 * limits, with the access token, the cookies, the trace, and an origin that may use them.
 *
 * @param cookies those of the visitor, in which it sets those of the responses
 * @param setCookies receives the `Set-Cookie` headers of the responses
 */
export function createServerApi(
  visitor: Pick<Headers, 'get'>,
  cookies: { getAll(): readonly Cookie[]; set(cookie: Cookie): unknown },
  setCookies: string[] = [],
): TRPCClient<AppRouter> {
  const headersOf = () => {
    const token = readSession(cookies.getAll())?.accessToken
    const kept = ['cookie', 'user-agent', 'x-forwarded-for', 'traceparent'].map((key) => [key, visitor.get(key) ?? ''])
    const authorization = token && { authorization: `Bearer ${token}` }
    return { ...Object.fromEntries(kept), ...authorization, origin: ownOrigin(visitor) }
  }
  const send: Fetch = async (input, { method = 'POST', body = null, signal = null, headers = {} } = {}) => {
    const request = { method, body, signal, headers }
    const response = await fetch(String(input), request)
    const received = response.headers.getSetCookie()
    const lines = received.concat(received.length > 0 ? accessCookies(received, await response.clone().text()) : [])
    for (const cookie of lines.flatMap(parse)) cookies.set(cookie)
    setCookies.push(...lines)
    return response
  }
  const connection = { url: `${serverUrl()}/trpc`, fetch: send, headers: {}, usesCookie: false }
  return createTRPCClient<AppRouter>({ links: sendingLinks(connection, headersOf) })
}

/** The address at which Next reaches the server. @throws Error if it is not set */
export function serverUrl(): string {
  const url = process.env.API_URL?.replace(/\/+$/, '')
  if (url) return url
  throw new Error('Set API_URL to the address at which Next reaches the server, such as http://127.0.0.1:3000.')
}

/** The origin of this frontend as the server knows it: that of `APP_URL`, or else the one that the visitor uses. */
export function ownOrigin(visitor: Pick<Headers, 'get'>): string {
  const visited = `${visitor.get('x-forwarded-proto') ?? 'http'}://${visitor.get('host')}`
  return new URL(process.env.APP_URL || visited).origin
}

/** Null without a session. The access token is missing if it has expired, or came with another refresh token. */
export function readSession(cookies: readonly Cookie[]): { accessToken?: string } | null {
  const refresh = cookies.find(({ name }) => refreshName.test(name))
  if (!refresh) return null
  const { name, mark } = accessCookieOf(refresh)
  const value = cookies.find((cookie) => cookie.name === name)?.value
  return value?.startsWith(mark) ? { accessToken: value.slice(mark.length) } : {}
}

// The access token rests beside the refresh token, protected in the same way, until shortly before it expires.
function accessCookies(received: readonly string[], body: string): string[] {
  const [, token] = /"accessToken":"([\w.-]+)"/.exec(body) ?? []
  const refresh = received.flatMap(parse).find(({ name, value }) => refreshName.test(name) && value)
  if (!token || !refresh) return []
  const { name, mark } = accessCookieOf(refresh)
  const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${secondsLeft(token) - renewAheadSeconds}`
  return [`${name}=${mark}${token}; ${attributes}${refresh.secure ? '; Secure' : ''}`]
}

// A login, a logout and a renewal replace the refresh token. An access token from before is then no longer used.
function accessCookieOf({ name, value }: Cookie) {
  return { name: name.replace(/_refresh(?=(_\d+)?$)/, '_access'), mark: `${value.slice(-8)}.` }
}

function parse(setCookie: string) {
  return new NextResponse(null, { headers: { 'set-cookie': setCookie } }).cookies.getAll()
}

/** The remaining lifetime of an access token, by the clock of this machine. */
export function secondsLeft(accessToken: string): number {
  const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()
  return Math.floor(Number(/"exp":(\d+)/.exec(payload)?.[1]) - Date.now() / 1000)
}
