import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../../server/config.js'
import { createContainer } from '../../server/container.js'
import { applyMigrations } from '../../server/core/database/migrations/migrate.js'
import { chooseAccount } from '../../server/development/embedded-postgres/account.js'
import { type MailServer, startMailServer } from '../support/mail-server.js'
import { createUsers, signInAll, withAddress } from '../support/people.js'
import { type Server, startServer } from '../support/server-process.js'
import { productionSettings } from '../support/settings.js'
import { openStage } from '../support/stage.js'
import { startHaproxy } from './haproxy.js'
import { createPrimary, createStandby, type Place, type PostgresServer, query, untilTrue } from './postgres.js'
import type { Programs } from './programs.js'

/** Two PostgreSQL servers behind HAProxy, and two production servers that use them. */
export interface Stage {
  primary: PostgresServer
  standby: PostgresServer
  servers: readonly Server[]
  /** The signed-in users of each server; the first is an administrator. */
  people: readonly (readonly Person[])[]
  mail: MailServer
  /** Ends all processes, and deletes the folder. */
  close(): Promise<void>
}

/** A user who has signed in before the failover. */
export interface Person {
  id: string
  accessToken: string
  refreshToken: string
  /** Each has a different address, so that they do not exceed limits together. */
  address: string
}

/** The name of the database on both servers. */
export const database = 'app'
const instances = 2
const peopleOfInstance = 20
const checksMs = 3_000

/** Starts everything, in the order of the guide. What was started ends if a later step fails. */
export function openFailoverStage(programs: Programs): Promise<Stage> {
  return openStage((onClose) => startAll(programs, onClose))
}

async function startAll(programs: Programs, onClose: (end: () => unknown) => void): Promise<Omit<Stage, 'close'>> {
  const place = await createPlace(programs)
  onClose(() => rm(place.folder, { recursive: true, force: true, maxRetries: 3 }))
  const primary = await createPrimary(place)
  onClose(primary.kill)
  const standby = await createStandby(place, primary)
  onClose(standby.kill)
  const haproxy = await startHaproxy(place, [primary, standby])
  onClose(haproxy.stop)
  const mail = await startMailServer()
  onClose(mail.close)
  await query(primary.url('postgres'), `CREATE DATABASE ${database}`)
  const url = Object.assign(new URL(primary.url(database)), { port: String(haproxy.port) }).href
  await untilSteady(url)
  await applyMigrations(url)
  const settings = { ...(await productionSettings(url)), SMTP_URL: mail.url }
  const people = await createPeople(settings)
  const servers: Server[] = []
  for (let index = 0; index < instances; index += 1) {
    const server = await startServer(settings)
    onClose(server.kill)
    servers.push(server)
  }
  return { primary, standby, servers, people, mail }
}

// Until its first checks have failed, HAProxy sends connections to the standby too, in turns.
async function untilSteady(url: string): Promise<void> {
  const isPrimary = 'SELECT NOT pg_is_in_recovery() AS "is"'
  await untilTrue(url, isPrimary)
  await delay(checksMs)
  await untilTrue(url, isPrimary)
}

async function createPlace({ postgres }: Programs): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'failover-'))
  await chmod(folder, 0o711)
  return { folder, programs: postgres, account: await chooseAccount(''), password: randomBytes(16).toString('hex') }
}

async function createPeople(settings: Readonly<Record<string, string>>): Promise<Person[][]> {
  const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }))
  try {
    const isAdmin = (index: number) => index % peopleOfInstance === 0
    const users = await createUsers(container, instances * peopleOfInstance, (index) => ({
      email: `user-${index}@example.com`,
      name: `User ${index}`,
      role: isAdmin(index) ? 'admin' : 'user',
    }))
    const people = (await signInAll(container, users)).map(withAddress)
    return Array.from({ length: instances }, (_, index) =>
      people.slice(index * peopleOfInstance, (index + 1) * peopleOfInstance),
    )
  } finally {
    await container.close()
  }
}
