import pg from 'pg'
import { explainConnectFailure } from './connect-failure.js'
import { connectionOptions } from './connection-options.js'

interface ConnectionKind {
  /** Whether the URL leads to a pooler in transaction mode. */
  isPooled?: boolean
}

/**
 * Opens one connection without time limits for statements. The caller closes it.
 *
 * @throws RemedyError that says why it cannot be opened, and what to do
 */
export async function openConnection(url: string, { isPooled = false }: ConnectionKind = {}): Promise<pg.Client> {
  const client = new pg.Client(connectionOptions(url, { hasTimeouts: false, isPooled }))
  // The next statement reports a lost connection. Without a listener, the event would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    client.connection.stream.destroy()
    throw explainConnectFailure(url, cause)
  }
  return client
}

/**
 * Opens one connection with {@link openConnection}, passes it to the work, and closes it in any case.
 *
 * @param url a `postgresql://` URL
 * @throws RemedyError as {@link openConnection}, and errors of the work
 */
export async function withConnection<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  kind: ConnectionKind = {},
): Promise<T> {
  const client = await openConnection(url, kind)
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}
