import { createTRPCClient, type TRPCClient } from '@trpc/client'
import app from '../app.json' with { type: 'json' }
import type { AppRouter } from './app-router.js'
import { type Fetch, sendingLinks } from './links.js'

const refreshName = new RegExp(`^(__Host-)?${app.name}_refresh(_\\d+)?$`)
// The client of a page renews its token 30 seconds before it expires. By then the cookie has to be gone.
const renewAheadSeconds = 60

/**
 * Creates a client that calls the server in the name of a visitor: from the visitor's address, by which the server counts
 * limits, with the access token, and to `auth` with the visitor's cookies and an origin that may use them.
 *
 * @param onSetCookies receives the `Set-Cookie` headers of a response
 */
export function createServerApi(
  visitor: Pick<Headers, 'get'>,
  accessToken: () => string | undefined,
  onSetCookies: (lines: readonly string[]) => void,
): TRPCClient<AppRouter> {
  const send: Fetch = async (input, { method = 'POST', body = null, signal = null, headers } = {}) => {
    const sent = new Headers(headers)
    const copy = (name: string) => sent.set(name, visitor.get(name) ?? '')
    const token = accessToken()
    if (token) sent.set('authorization', `Bearer ${token}`)
    for (const name of ['x-forwarded-for', 'user-agent']) copy(name)
    const isAuth = String(input).includes('/trpc/auth.')
    if (isAuth) copy('cookie')
    if (isAuth) sent.set('origin', ownOrigin(visitor))
    const request = { method, body, signal, headers: sent }
    const response = await fetch(String(input), request)
    if (isAuth) onSetCookies(withAccessCookie(response.headers.getSetCookie(), await response.clone().text()))
    return response
  }
  const connection = { url: `${serverUrl()}/trpc`, fetch: send, headers: {}, usesCookie: false }
  return createTRPCClient<AppRouter>({ links: sendingLinks(connection, () => ({})) })
}

/** The address at which Next reaches the server. @throws Error if it is not set */
export function serverUrl(): string {
  const url = process.env.API_URL
  if (!url)
    throw new Error('Set API_URL to the address at which Next reaches the server, such as http://127.0.0.1:3000.')
  return url.replace(/\/+$/, '')
}

/** The origin of this frontend as the server knows it: that of `APP_URL`, or else the one that the visitor uses. */
export function ownOrigin(visitor: Pick<Headers, 'get'>): string {
  const visited = `${visitor.get('x-forwarded-proto') ?? 'http'}://${visitor.get('host')}`
  return new URL(process.env.APP_URL || visited).origin
}

interface Cookie {
  name: string
  value: string
}

/** Null without a session. The access token is missing if it has expired, or came with another refresh token. */
export function readSession(cookies: readonly Cookie[]): { accessToken?: string } | null {
  const refresh = cookies.find(({ name }) => refreshName.test(name))
  const access = refresh && cookies.find(({ name }) => name === accessName(refresh))?.value
  if (!refresh) return null
  return access?.startsWith(markOf(refresh)) ? { accessToken: access.slice(markOf(refresh).length) } : {}
}

// The access token rests beside the refresh token, protected in the same way, until shortly before it expires.
function withAccessCookie(setCookies: readonly string[], body: string): string[] {
  const [, token] = /"accessToken":"([\w.-]+)"/.exec(body) ?? []
  const line = setCookies.find((each) => refreshName.test(readCookie(each).name) && readCookie(each).value)
  if (!token || !line) return [...setCookies]
  const attributes = line.replace(/^[^;]*/, '').replace(/; *(domain|expires|max-age)=[^;]*/gi, '')
  const pair = `${accessName(readCookie(line))}=${markOf(readCookie(line))}${token}`
  return [...setCookies, `${pair}${attributes}; Max-Age=${secondsLeft(token) - renewAheadSeconds}`]
}

/** Reads the name and the value of a `Set-Cookie` header. */
export function readCookie(setCookie: string): Cookie {
  const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(setCookie) ?? []
  return { name, value }
}

function accessName({ name }: Cookie): string {
  return name.replace(/_refresh(_\d+)?$/, '_access$1')
}

// A login, a logout and a renewal replace the refresh token. An access token from before is then no longer used.
function markOf({ value }: Cookie): string {
  return `${value.slice(-8)}.`
}

/** The remaining lifetime of an access token, by the clock of this machine. */
export function secondsLeft(accessToken: string): number {
  const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()
  return Math.floor(Number(/"exp":(\d+)/.exec(payload)?.[1]) - Date.now() / 1000)
}
