import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { AppError, type ErrorCode } from '../errors.js'
import { type Occupancy, requestDuration, writeMetrics } from '../metrics.js'
import { isSameSecret } from '../security/refresh-tokens.js'

interface MetricsConfig {
  isProduction: boolean
  http: { metricsToken: string | undefined }
}

/**
 * Creates the plugin that measures every request and serves `GET /metrics` in the text format of Prometheus. It requires
 * `METRICS_TOKEN` as a bearer token. Without that setting, only loopback outside production may read it.
 *
 * @param occupancy tells what the process is occupied with when the metrics are read
 */
export function metrics(config: MetricsConfig, occupancy: () => Promise<Occupancy>) {
  // With fastify-plugin, the hook also applies to routes outside of this plugin.
  return fastifyPlugin(async (app: FastifyInstance): Promise<void> => {
    app.addHook('onResponse', (request, reply, done) => {
      // Never the URL itself, because every id would create a separate time series.
      const route = request.routeOptions.url ?? 'unmatched'
      const labels = { method: request.method, route, status: String(reply.statusCode) }
      requestDuration.observe(labels, reply.elapsedTime / 1000)
      done()
    })
    app.get('/metrics', { logLevel: 'warn' }, async (request, reply) => {
      const refusal = refusalOf(request, config)
      if (refusal) throw new AppError(refusal)
      const { contentType, text } = await writeMetrics(await occupancy())
      return reply.type(contentType).send(text)
    })
  })
}

function refusalOf(request: FastifyRequest, { isProduction, http: { metricsToken } }: MetricsConfig): ErrorCode | null {
  if (metricsToken === undefined) return !isProduction && isLoopback(request.ip) ? null : 'NOT_FOUND'
  return isSameSecret(request.headers.authorization ?? '', `Bearer ${metricsToken}`) ? null : 'UNAUTHORIZED'
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^(::ffff:)?127\./.test(ip)
}
