import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ErrorCode } from './errors.js'
import { readManifest } from './manifest.js'

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

const rateLimitRefusals = new Counter({
  name: 'rate_limit_refusals_total',
  help: 'Calls that were refused because a limit was exhausted, by the name of the limit.',
  labelNames: ['limit'],
  registers: [registry],
})

/** Counts a call that a limit has refused. The names of limits stand in the code, so they are few. */
export function countRateLimited(limit: string): void {
  rateLimitRefusals.inc({ limit })
}

const refreshTokenReuses = new Counter({
  name: 'refresh_token_reuses_total',
  help: 'Sessions that were ended because a refresh token was used again, as after a theft.',
  registers: [registry],
})

/** Counts a session that was ended because its refresh token was used again. */
export function countRefreshTokenReuse(): void {
  refreshTokenReuses.inc()
}

/** What a process is occupied with at one moment. */
export interface Occupancy {
  database: { used: number; idle: number; max: number; waiting: number }
  passwords: { running: number; waiting: number }
  /** The queue of all processes; undefined while the database cannot tell. */
  jobs: { waiting: number; running: number; failed: number; oldestWaitingSeconds: number } | undefined
}

const gauge = (name: string, help: string, labelNames: string[] = []) =>
  new Gauge({ name, help, labelNames, registers: [registry] })
const connections = gauge('database_connections', 'Connections of the pool by state: used or idle.', ['state'])
const connectionsMax = gauge('database_connections_max', 'The largest number of connections of the pool.')
const connectionWaiters = gauge('database_connections_waiting', 'Calls that wait for a connection.')
const passwordHashes = gauge('password_hashes', 'Password hashes by state: running or waiting.', ['state'])
const queuedJobs = gauge('jobs', 'Jobs of all processes by state: waiting (due), running or failed.', ['state'])
const oldestJob = gauge('jobs_oldest_waiting_seconds', 'The time since the job that waits longest has been due.')
const version = gauge('app_info', 'The version of the application; the value is always 1.', ['version'])

/** Writes all metrics, including those of the process, in the text format of Prometheus. */
export async function writeMetrics(occupancy?: Occupancy): Promise<{ contentType: string; text: string }> {
  collectProcessMetrics()
  if (occupancy) setOccupancy(occupancy)
  return { contentType: registry.contentType, text: await registry.metrics() }
}

function setOccupancy({ database, passwords, jobs }: Occupancy): void {
  connections.set({ state: 'used' }, database.used)
  connections.set({ state: 'idle' }, database.idle)
  connectionsMax.set(database.max)
  connectionWaiters.set(database.waiting)
  passwordHashes.set({ state: 'running' }, passwords.running)
  passwordHashes.set({ state: 'waiting' }, passwords.waiting)
  queuedJobs.reset()
  oldestJob.remove()
  if (!jobs) return
  for (const state of ['waiting', 'running', 'failed'] as const) queuedJobs.set({ state }, jobs[state])
  oldestJob.set(jobs.oldestWaitingSeconds)
}

let isCollecting = false

function collectProcessMetrics(): void {
  if (isCollecting) return
  isCollecting = true
  version.set({ version: readManifest().version }, 1)
  collectDefaultMetrics({ register: registry })
}
