import pg from 'pg'
import { connectionOptions } from './connection-options.js'

/** Opens one connection without time limits for statements. The caller closes it. */
export async function openConnection(url: string): Promise<pg.Client> {
  const client = new pg.Client(connectionOptions(url, { hasTimeouts: false }))
  // The next statement reports a lost connection. Without a listener, the event would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

/**
 * Opens one connection with {@link openConnection}, passes it to the work, and closes it in any case.
 *
 * @param url a `postgresql://` URL
 * @throws errors of the connection and of the work
 */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openConnection(url)
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}
