import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.js'
import { ForbiddenError } from '../../core/errors.js'
import { isLoopbackHost } from '../../settings.js'

/**
 * Makes a scope respond only to hosts of this machine, of `PUBLIC_URL` and of `APP_URL`. A page of another site can
 * point its own host name to this machine (DNS rebinding), and would be able to read the responses.
 */
export function refuseForeignHosts(scope: FastifyInstance, { http }: Pick<Config, 'http'>): void {
  const own = new Set([http.publicUrl, http.appUrl].map((url) => new URL(url).hostname))
  scope.addHook('onRequest', async ({ headers }) => {
    const name = hostname(headers.host)
    if (name !== undefined && (own.has(name) || isLoopbackHost(name))) return
    const message = 'This page is only available under the host names of this machine, PUBLIC_URL and APP_URL.'
    throw new ForbiddenError({ status: 421, message })
  })
}

function hostname(host: string | undefined): string | undefined {
  return host !== undefined && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined
}
