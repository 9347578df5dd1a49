import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { CommandConfig } from '../../config.js'
import { openConnection } from '../../core/database/connection.js'
import { RemedyError } from '../../core/remedy-error.js'
import { type LocatedDatabase, locateDatabase } from '../locate-database.js'

export interface DevelopmentDatabase {
  url(): string
  /** Releases the lock, and stops an embedded server. */
  close(): Promise<void>
}

interface Options {
  config: CommandConfig
  /** Called when an embedded server was restarted with another address. */
  onMove(): void
  stop: AbortSignal
}

/**
 * The database of a development server, locked against a second one. An embedded server that crashes is restarted.
 *
 * @throws RemedyError if there is no database, or if another development server holds it
 */
export async function openDatabase({ config, onMove, stop }: Options): Promise<DevelopmentDatabase> {
  let database = await locateDatabase(config, console.log)
  let isClosing = false
  let reopening = Promise.resolve()
  let lock = await lockOrClose(database, reopen)
  function reopen(): void {
    if (isClosing) return
    console.error('The connection to the database was lost. Reconnecting.')
    const isOver = () => isClosing || stop.aborted
    reopening = retry(isOver, async () => {
      const found = await locateDatabase(config)
      lock = await takeLock(found.url, reopen)
      const hasMoved = found.url !== database.url
      database = found
      if (hasMoved) onMove()
    })
  }
  return {
    url: () => database.url,
    close: async () => {
      isClosing = true
      // An attempt in progress would start the server again after the stop.
      await reopening
      await lock.end().catch(() => undefined)
      await database.stop()
    },
  }
}

async function lockOrClose(database: LocatedDatabase, onLost: () => void): Promise<pg.Client> {
  try {
    return await takeLock(database.url, onLost)
  } catch (error) {
    await database.close()
    throw error
  }
}

const retryMs = 500

async function retry(isOver: () => boolean, attempt: () => Promise<void>): Promise<void> {
  while (!isOver()) {
    try {
      return await attempt()
    } catch {
      await sleep(retryMs)
    }
  }
}

// Any number that nothing else in the database locks; migrations use another one.
const lockKey = 7_305_461_223
const lockTries = 12
const lockedMessage =
  'Another "npm run dev" already uses this database. Stop it first (Ctrl-C in its terminal), ' +
  'or use a separate database: DATA_DIR=.data-2 npm run dev, or set DATABASE_URL.'

async function takeLock(url: string, onLost: () => void): Promise<pg.Client> {
  const client = await openConnection(url)
  // A server that is shutting down releases its lock within these seconds.
  for (let tries = 0; !(await tryLock(client)); tries += 1) {
    if (tries === lockTries) {
      await client.end()
      throw new RemedyError(lockedMessage)
    }
    await sleep(250)
  }
  client.once('end', onLost)
  return client
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockKey])
  return rows[0]?.locked ?? false
}
