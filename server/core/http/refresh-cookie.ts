import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ForbiddenError } from '../errors.js'
import { mayUseCookie, type OriginConfig } from './allowed-origins.js'

/** Access to the refresh cookie for procedures. The HTTP transports create one for each request. */
export interface RefreshCookie {
  /**
   * All refresh tokens of the request. A browser may have several cookies of one name, for the host and for its domain,
   * and their order has no meaning (RFC 6265 section 4.2.2).
   *
   * @throws ForbiddenError if there is one and the request's `Origin` may not use it
   */
  read(): readonly string[]
  /** The same without a check of `Origin`, for requests that are authenticated in another way. */
  readUnchecked(): readonly string[]
  write(token: string, expiresAt: Date): void
  clear(): void
  /** The mark of this browser. */
  readMark(mark: BrowserMark): string | undefined
  writeMark(mark: BrowserMark, value: string): void
}

/** A cookie that identifies a browser but grants no access: a known device, or its registration. */
type BrowserMark = keyof typeof markDays

const markDays = { device: 90, registration: 7 } as const

/** The settings that determine the names of cookies. */
export interface CookieNames {
  app: { name: string }
  isProduction: boolean
  http: { publicUrl: string; cookieDomain: string | undefined }
}

export interface CookieConfig extends OriginConfig, CookieNames {
  http: OriginConfig['http'] & CookieNames['http']
}

/**
 * Creates the function that gives a request its refresh cookie. Scripts cannot read it (HttpOnly), and production sends it only over TLS.
 * Without a cookie domain, its name has the `__Host-` prefix in production, so that no sibling host can set one. Its
 * path is `/`, which the prefix requires and both transports need. In development its name contains the port, because
 * browsers share the cookies of `localhost` among all ports (RFC 6265 section 8.5).
 *
 * `SameSite=Lax`: browsers do not send it with requests from other sites. A frontend on another subdomain is on the same
 * site. `Strict` would not improve security, because the cookie is only read from POST requests, and the cookie would be
 * missing on the first navigation from a mail. With `None`, every site could send it.
 *
 * `read` throws ForbiddenError if a cookie comes without an allowed `Origin` (RFC 6454; sibling subdomains are the
 * same site, so that SameSite alone does not stop them).
 */
export function refreshCookies(config: CookieConfig): (request: FastifyRequest, reply: FastifyReply) => RefreshCookie {
  const names = { name: refreshCookieName(config), options: cookieOptions(config) }
  return (request, reply) => refreshCookieOf(request, reply, { ...names, config })
}

interface Cookie {
  name: string
  options: CookieSerializeOptions
  config: CookieConfig
}

function refreshCookieOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, options, config }: Cookie,
): RefreshCookie {
  const readUnchecked = () => valuesOf(request.headers.cookie, name)
  return {
    read() {
      const tokens = readUnchecked()
      if (tokens.length > 0 && !mayUseCookie(request.headers.origin ?? '', config)) {
        throw new ForbiddenError({ message: foreignOrigin })
      }
      return tokens
    },
    readUnchecked,
    write(token, expiresAt) {
      // Removes the cookie from the time before the domain was set. It comes first for those who keep the last of a name.
      if (config.http.cookieDomain) reply.clearCookie(name, options)
      reply.setCookie(name, token, { ...options, ...domainOf(config), expires: expiresAt })
    },
    clear() {
      reply.clearCookie(name, { ...options, ...domainOf(config) })
      if (config.http.cookieDomain) reply.clearCookie(name, options)
    },
    readMark: (mark) => valuesOf(request.headers.cookie, cookieName(mark, config))[0],
    writeMark(mark, value) {
      reply.setCookie(cookieName(mark, config), value, { ...options, maxAge: markDays[mark] * 24 * 3600 })
    },
  }
}

/** The name of the refresh cookie. */
export function refreshCookieName(config: CookieNames): string {
  return cookieName(`${config.app.name}_refresh`, config, config.http.cookieDomain)
}

const foreignOrigin = 'The refresh cookie is not accepted from this origin.'

function cookieName(name: string, { isProduction, http }: CookieNames, domain?: string): string {
  if (isProduction) return domain ? name : `__Host-${name}`
  const { port } = new URL(http.publicUrl)
  return port ? `${name}_${port}` : name
}

function cookieOptions({ isProduction }: CookieConfig): CookieSerializeOptions {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: isProduction }
}

function domainOf({ http }: CookieConfig): CookieSerializeOptions {
  return http.cookieDomain ? { domain: http.cookieDomain } : {}
}

// The usual parsers keep one value for each name. These values have no characters that need decoding.
function valuesOf(header: string | undefined, name: string): string[] {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim())
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
  return values.filter((value) => value !== '')
}
