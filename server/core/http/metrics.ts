import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { type ErrorCode, errorClasses } from '../errors.js'
import { requestDuration, writeMetrics } from './metrics-registry.js'

export { recordProcedure } from './metrics-registry.js'

interface MetricsConfig {
  isProduction: boolean
  http: { metricsToken: string | undefined }
}

/**
 * Makes the plugin that times every request and answers `GET /metrics` in Prometheus' text format. With `METRICS_TOKEN`
 * it asks for that as a bearer token; without, it is open to loopback outside production and unknown to all others.
 */
export function metrics(config: MetricsConfig) {
  // With fastify-plugin the hook sees the routes outside of this plugin, too.
  return fastifyPlugin(async (app: FastifyInstance): Promise<void> => {
    app.addHook('onResponse', async (request, reply) => {
      // Never the URL itself: every id would be a time series of its own.
      const route = request.routeOptions.url ?? 'unmatched'
      const labels = { method: request.method, route, status: String(reply.statusCode) }
      requestDuration.observe(labels, reply.elapsedTime / 1000)
    })
    app.get('/metrics', { logLevel: 'warn' }, async (request, reply) => {
      const refusal = refusalOf(request, config)
      if (refusal) throw new errorClasses[refusal]()
      const { contentType, text } = await writeMetrics()
      return reply.type(contentType).send(text)
    })
  })
}

function refusalOf(request: FastifyRequest, { isProduction, http: { metricsToken } }: MetricsConfig): ErrorCode | null {
  if (metricsToken === undefined) return !isProduction && isLoopback(request.ip) ? null : 'NOT_FOUND'
  return isSame(request.headers.authorization ?? '', `Bearer ${metricsToken}`) ? null : 'UNAUTHORIZED'
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^(::ffff:)?127\./.test(ip)
}

// Hashes have one length, so that the comparison takes the same time whatever was sent.
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
