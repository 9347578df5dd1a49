import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { ErrorCode } from '../errors.js'

// Prometheus scrapes a process, so the instruments belong to the process and not to an app.
const registry = new Registry()
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]

/** HTTP requests, in seconds from the first byte received to the last byte sent. */
export const requestDuration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests by method, route pattern and status.',
  labelNames: ['method', 'route', 'status'],
  buckets,
  registers: [registry],
})

const procedureDuration = new Histogram({
  name: 'procedure_duration_seconds',
  help: 'Duration of procedure calls by procedure and outcome, over all transports.',
  labelNames: ['procedure', 'code'],
  buckets,
  registers: [registry],
})

/** Counts one call of a procedure; `code` is `OK` or the code of the error. */
export function recordProcedure(procedure: string, code: ErrorCode | 'OK', seconds: number): void {
  procedureDuration.observe({ procedure, code }, seconds)
}

/** Writes all metrics, including those of the process, in the text format of Prometheus. */
export async function writeMetrics(): Promise<{ contentType: string; text: string }> {
  collectProcessMetrics()
  return { contentType: registry.contentType, text: await registry.metrics() }
}

let isCollecting = false

// On the first scrape, because commands and tests are never scraped.
function collectProcessMetrics(): void {
  if (isCollecting) return
  isCollecting = true
  collectDefaultMetrics({ register: registry })
}
