import { once } from 'node:events'
import http from 'node:http'
import pg from 'pg'
import { bind } from '../../server/commands/bind.js'
import { readGuideFile } from '../support/guide-files.js'
import { runHaproxy } from '../support/haproxy.js'
import type { Place, PostgresServer } from './postgres.js'

/** Starts HAProxy with the configuration of the guide. It sends connections to the server that is the primary. */
export async function startHaproxy(place: Place, servers: readonly PostgresServer[]) {
  const checks = await Promise.all(servers.map(startRoleCheck))
  const port = (await bind('127.0.0.1', 0)) ?? 0
  const addresses = servers.map(({ port: own }, index) => [
    `10.0.0.${index + 1}:5432 check port 8008`,
    `127.0.0.1:${own} check port ${checks[index]?.port}`,
  ])
  const replacements = { '10.0.0.9:5432': `127.0.0.1:${port}`, ...Object.fromEntries(addresses) }
  const haproxy = await runHaproxy(
    place.folder,
    await readGuideFile('failover/haproxy.cfg', replacements),
    place.account,
  )
  return {
    port,
    async stop() {
      await haproxy.stop()
      for (const check of checks) check.close()
    },
  }
}

const answerWithinMs = 800

/** Answers 200 while a server is the primary, and otherwise 503, as the REST interface of Patroni does. */
async function startRoleCheck(server: PostgresServer): Promise<{ port: number; close(): void }> {
  const endpoint = http.createServer((_request, response) => {
    void isPrimary(server).then((is) => response.writeHead(is ? 200 : 503, { connection: 'close' }).end())
  })
  endpoint.listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  const address = endpoint.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    close() {
      endpoint.close()
      endpoint.closeAllConnections()
    },
  }
}

async function isPrimary(server: PostgresServer): Promise<boolean> {
  const client = new pg.Client({
    connectionString: server.url('postgres'),
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ is: boolean }>('SELECT NOT pg_is_in_recovery() AS "is"')
    return rows[0]?.is === true
  } catch {
    return false
  } finally {
    client.connection.stream.destroy()
  }
}
