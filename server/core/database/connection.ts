import pg from 'pg'
import { connectionOptions } from './connection-options.js'

/**
 * Opens one connection, gives it to the work, and closes it whatever happens. Its statements take what they take.
 *
 * @param url a `postgresql://` URL
 * @throws what connecting or the work throws
 */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connectionOptions(url, { hasTimeouts: false }))
  // A connection that is lost while it waits is reported by the next statement; unheard, the event ends the process.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}
