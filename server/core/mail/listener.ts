import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { connectionOptions } from '../database/connection-options.js'
import type { Logger } from '../logger.js'

export interface Listener {
  close(): Promise<void>
}

interface ListenOptions {
  databaseUrl: string
  channel: string
  /** Called for each notification, and after each connection, because notifications may have been missed. */
  onNotify: () => void
  log: Logger
}

const reconnectMs = 1_000
const farewellMs = 500

/** Listens on a channel of the database with a separate connection, which is opened again when it is lost. */
export function listen({ databaseUrl, channel, onNotify, log }: ListenOptions): Listener {
  const closing = new AbortController()
  const { signal } = closing

  async function listenOnce(): Promise<void> {
    const client = new pg.Client(connectionOptions(databaseUrl))
    const { promise: lost, resolve: lose } = deferred()
    for (const event of ['error', 'end'] as const) client.on(event, lose)
    signal.addEventListener('abort', lose)
    try {
      client.on('notification', onNotify)
      await client.connect()
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
      onNotify()
      await lost
    } finally {
      signal.removeEventListener('abort', lose)
      // If the network drops packets, the message that closes the connection is lost too.
      const giveUp = setTimeout(() => client.connection.stream.destroy(), farewellMs)
      await client.end().catch(() => {})
      clearTimeout(giveUp)
    }
  }

  async function keepListening(): Promise<void> {
    while (!signal.aborted) {
      await listenOnce().catch((err: unknown) => log.debug({ err }, 'listening for mail notifications failed'))
      if (!signal.aborted) await sleep(reconnectMs, undefined, { signal }).catch(() => {})
    }
  }

  const listening = keepListening()
  return {
    async close() {
      closing.abort()
      await listening
    },
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
