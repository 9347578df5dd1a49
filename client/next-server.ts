import app from '../app.json' with { type: 'json' }

const refreshName = new RegExp(`^(__Host-)?${app.name}_refresh(_\\d+)?$`)

// The client of a page renews its token 30 seconds before it expires. By then this one has to be gone.
const renewAheadSeconds = 60

/** The address at which this frontend reaches the server, such as `http://127.0.0.1:3000`. @throws Error if it is not set */
export function serverUrl(): string {
  const url = process.env.API_URL
  if (!url)
    throw new Error('Set API_URL to the address at which Next reaches the server, such as http://127.0.0.1:3000.')
  return url.replace(/\/+$/, '')
}

/** The origin of this frontend as the server knows it: that of `APP_URL`, or else the one that the visitor uses. */
export function ownOrigin(visitor: Pick<Headers, 'get'>): string {
  const url = process.env.APP_URL
  return url ? new URL(url).origin : `${visitor.get('x-forwarded-proto') ?? 'http'}://${visitor.get('host')}`
}

/** Selects headers of a visitor that the server may know. It counts limits by the address and shows the browser. */
export function visitorHeaders(visitor: Pick<Headers, 'get'>, ...more: string[]): Record<string, string> {
  const names = ['x-forwarded-for', 'user-agent', ...more]
  return Object.fromEntries(names.map((name) => [name, visitor.get(name) ?? '']).filter(([, value]) => value))
}

interface Cookie {
  name: string
  value: string
}

/** Returns the name of the cookie with the access token, or undefined without a session. */
export function accessCookieName(cookies: readonly Pick<Cookie, 'name'>[]): string | undefined {
  return cookies.find(({ name }) => refreshName.test(name))?.name.replace(/_refresh(_\d+)?$/, '_access$1')
}

/**
 * Returns the `Set-Cookie` headers of a response of the server, and one more for the access token: it rests beside the
 * refresh token, with the same protection, until shortly before it expires. It goes when the refresh token goes.
 */
export function withAccessCookie(setCookies: readonly string[], body: string): string[] {
  const own = setCookies.filter((line) => refreshName.test(readCookie(line).name))
  const refresh = own.find((line) => readCookie(line).value !== '') ?? own[0]
  if (!refresh) return [...setCookies]
  const [, token = ''] = /"accessToken":"([\w.-]+)"/.exec(body) ?? []
  const [, seconds = '0'] = /"expiresIn":(\d+)/.exec(body) ?? []
  const isHeld = readCookie(refresh).value !== ''
  const attributes = refresh.replace(/^[^;]*/, '').replace(/; (domain|expires|max-age)=[^;]*/gi, '')
  const maxAge = isHeld ? Math.max(Number(seconds) - renewAheadSeconds, 0) : 0
  return [...setCookies, `${accessCookieName([readCookie(refresh)])}=${token}${attributes}; Max-Age=${maxAge}`]
}

/** Reads the name and the value of a `Set-Cookie` header. */
export function readCookie(setCookie: string): Cookie {
  const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(setCookie) ?? []
  return { name, value }
}
