import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.js'
import { AppError } from '../errors.js'

/** The refresh token as a cookie, as procedures see it. The HTTP faces make one for each request. */
export interface RefreshCookie {
  /** The token that the request carries, if its `Origin` may use the cookie. */
  read(): string | undefined
  write(token: string, expiresAt: Date): void
  clear(): void
}

type CookieConfig = Pick<Config, 'isProduction'> & {
  http: Pick<Config['http'], 'publicUrl' | 'appUrl' | 'corsOrigins' | 'cookieDomain'>
}

/**
 * Makes the refresh cookie of one request. Scripts cannot read it (HttpOnly) and production sends it over TLS alone.
 * Without a cookie domain the name has the `__Host-` prefix there, so that no sibling host can plant one. Its path is
 * `/`, which the prefix asks for and both faces need.
 *
 * `SameSite=Lax`: requests from other sites do not carry it, while a frontend on another subdomain is the same site
 * and does. `Strict` adds nothing, as the cookie is read from POSTs only, and loses it on the first navigation from a
 * mail. `None` would send it along from every site on the web.
 *
 * `read` throws AppError FORBIDDEN if the cookie comes without an allowed `Origin` (RFC 6454; sibling subdomains are
 * the same site, so SameSite alone does not stop them).
 */
export function createRefreshCookie(request: FastifyRequest, reply: FastifyReply, config: CookieConfig): RefreshCookie {
  const name = cookieName(config)
  const options = cookieOptions(config)
  return {
    read() {
      const token = request.cookies[name]
      if (!token) return undefined
      if (!mayUseCookie(request.headers.origin, config)) throw new AppError('FORBIDDEN', { message: foreignOrigin })
      return token
    },
    write(token, expiresAt) {
      reply.setCookie(name, token, { ...options, expires: expiresAt })
    },
    clear() {
      reply.clearCookie(name, options)
    },
  }
}

const foreignOrigin = 'The refresh cookie is not accepted from this origin.'

function cookieName({ isProduction, http }: CookieConfig): string {
  return isProduction && !http.cookieDomain ? '__Host-plinth_refresh' : 'plinth_refresh'
}

function cookieOptions({ isProduction, http }: CookieConfig): CookieSerializeOptions {
  const domain = http.cookieDomain ? { domain: http.cookieDomain } : {}
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: isProduction, ...domain }
}

function mayUseCookie(origin: string | undefined, { http }: CookieConfig): boolean {
  if (origin === undefined) return false
  const own = [http.publicUrl, http.appUrl].map((url) => new URL(url).origin)
  return [...own, ...http.corsOrigins].includes(origin)
}
