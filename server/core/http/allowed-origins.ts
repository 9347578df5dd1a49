import type { FastifyRequest } from 'fastify'

export interface OriginConfig {
  mode: string
  http: { publicUrl: string; appUrl: string; corsOrigins: readonly string[] }
}

/** Whether pages of an origin (RFC 6454) may read responses. Origins are compared exactly. */
export function mayReadResponses(origin: string, { mode, http }: OriginConfig): boolean {
  if (http.corsOrigins.includes(origin)) return true
  return mode === 'development' && (origin === originOf(http.appUrl) || isLoopback(origin))
}

/** Whether a request from an origin may use the refresh cookie. */
export function mayUseCookie(origin: string, config: OriginConfig): boolean {
  const { publicUrl, appUrl } = config.http
  return [originOf(publicUrl), originOf(appUrl)].includes(origin) || mayReadResponses(origin, config)
}

const refusalsLoggedMax = 20

/** Creates the function that writes each refused origin to the log once, with the setting that would allow it. */
export function createRefusalLog({ http }: OriginConfig): (origin: string, request: FastifyRequest) => void {
  const logged = new Set<string>()
  return (origin, { log }) => {
    // A page of the server itself, and what has no origin, such as a sandboxed frame.
    if (origin === originOf(http.publicUrl) || origin === 'null') return
    if (logged.has(origin) || logged.size >= refusalsLoggedMax) return
    logged.add(origin)
    log.warn({ origin: origin.slice(0, 200) }, 'The browser hides responses from this origin. Add it to CORS_ORIGINS.')
  }
}

// The development server of a frontend, on whatever port.
function isLoopback(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin)
}

function originOf(url: string): string {
  return new URL(url).origin
}
