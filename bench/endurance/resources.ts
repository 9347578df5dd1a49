import type pg from 'pg'
import { send } from '../support/http.js'
import type { Point, Tolerance } from './trend.js'

/** Something of which a server must not need more and more. */
interface Resource {
  name: string
  unit: 'MB' | 'count'
  tolerance: Tolerance
  read(metrics: string): number
}

/** The samples of a resource. */
export interface Series {
  resource: Omit<Resource, 'read'>
  points: Point[]
}

const megabyte = 1024 * 1024
const metricsToken = 'token-of-the-endurance-benchmark'
export const metricsSettings = { METRICS_TOKEN: metricsToken }

const connections: Omit<Resource, 'read'> = {
  name: 'database connections',
  unit: 'count',
  tolerance: { share: 0.1, amount: 1.5 },
}

const resources: readonly Resource[] = [
  {
    name: 'resident memory',
    unit: 'MB',
    tolerance: { share: 0.05, amount: 5 },
    read: (metrics) => valueOf(metrics, 'process_resident_memory_bytes') / megabyte,
  },
  {
    name: 'heap used',
    unit: 'MB',
    // On a busy machine, V8 still compiles functions after a quarter of an hour: heap snapshots showed that half of what
    // was added then was code.
    tolerance: { share: 0.1, amount: 2 },
    read: (metrics) => valueOf(metrics, 'nodejs_heap_size_used_bytes') / megabyte,
  },
  {
    name: 'open files and sockets',
    unit: 'count',
    tolerance: { share: 0.1, amount: 5 },
    read: (metrics) => valueOf(metrics, 'process_open_fds'),
  },
  {
    name: 'active handles',
    unit: 'count',
    tolerance: { share: 0.1, amount: 5 },
    read: (metrics) => valueOf(metrics, 'nodejs_active_handles_total'),
  },
  {
    name: 'pool connections in use',
    unit: 'count',
    tolerance: { share: 0.1, amount: 1.5 },
    read: (metrics) => valueOf(metrics, 'database_connections{state="used"}'),
  },
]

/**
 * Creates the function that reads each resource once: those of the process from its metrics, and the connections from
 * PostgreSQL, which also counts those that the server has forgotten.
 *
 * @param database a connection to the database of the server; its own session is not counted
 * @param requests the number of requests that have been answered so far
 */
export function createSampler(url: string, database: pg.Client, requests: () => number) {
  const series: Series[] = [connections, ...resources].map((resource) => ({ resource, points: [] }))
  const headers = { authorization: `Bearer ${metricsToken}` }
  return {
    series,
    async sample(): Promise<void> {
      const { rows } = await database.query<{ count: number }>(countConnections)
      const { status, body, fault } = await send(url, { method: 'GET', path: '/metrics', headers })
      // A server that is too busy for an answer is asked again for the next sample.
      if (status === 0) return
      if (status !== 200) throw new Error(`GET /metrics was answered with ${status}${fault ? `: ${fault}` : ''}.`)
      const values = [rows[0]?.count ?? 0, ...resources.map(({ read }) => read(body))]
      for (const [index, { points }] of series.entries())
        points.push({ requests: requests(), value: values[index] ?? 0 })
    },
  }
}

const countConnections = `
  SELECT count(*)::int AS count FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`

function valueOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name} `))
  if (!line) throw new Error(`The server has no metric ${name}.`)
  return Number(line.slice(name.length + 1))
}
