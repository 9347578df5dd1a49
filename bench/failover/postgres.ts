import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { appendFile, chown, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type pg from 'pg'
import { bind } from '../../server/commands/bind.js'
import { withConnection } from '../../server/core/database/connection.js'
import type { ServerAccount } from '../../server/development/embedded-postgres/account.js'
import { serverSpawnOptions } from '../../server/development/embedded-postgres/process.js'
import { readGuideFile } from '../support/guide-files.js'

/** The folder of a run, and how its PostgreSQL servers are started. */
export interface Place {
  folder: string
  /** The folder of PostgreSQL's programs. */
  programs: string
  /** The account that runs PostgreSQL, which refuses to run as root. */
  account: ServerAccount | undefined
  password: string
}

/** One of the two PostgreSQL servers. */
export interface PostgresServer {
  port: number
  /** A superuser's URL of a database on this server, without HAProxy. */
  url(database: string): string
  /** Kills all processes of the server at once, as a crash of the machine does. */
  kill(): Promise<void>
  /** Stops all processes of the server without ending them, so that its connections stay open and silent. */
  freeze(): void
  /** Lets the processes go on. */
  thaw(): void
  /** Ends it as an administrator does: connections are closed, and the standby receives the last changes. */
  stop(): Promise<void>
  /** Makes the standby the primary, with the script of the guide; resolves when it accepts writes. */
  promote(): Promise<void>
}

const guideFolder = '/var/lib/postgresql/15/main'
const startWithinMs = 60_000

/** Creates and starts the first server, with the lines of the guide in its postgresql.conf. */
export async function createPrimary(place: Place): Promise<PostgresServer> {
  const { account, folder } = place
  const data = path.join(folder, 'postgres1')
  const passwordFile = path.join(folder, 'password')
  await mkdir(data, { mode: 0o700 })
  await writeFile(passwordFile, place.password, { mode: 0o600 })
  if (account) for (const file of [data, passwordFile]) await chown(file, account.uid, account.gid)
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const script = ['initdb', '-D', data, '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', ...access].join(' ')
  await runScript(place, script)
  await appendFile(
    path.join(data, 'postgresql.conf'),
    await readGuideFile('failover/postgresql.conf', { "'*'": "'127.0.0.1'" }),
  )
  return start(place, data)
}

/** Copies the first server with the command of the guide, and starts the copy as its standby. */
export async function createStandby(place: Place, primary: PostgresServer): Promise<PostgresServer> {
  // A standby that is not there yet cannot confirm the commit.
  await query(primary.url('postgres'), 'SET synchronous_commit = local', createReplicator(place))
  const data = path.join(place.folder, 'postgres2')
  const address = `127.0.0.1 port=${primary.port}`
  await mkdir(data, { mode: 0o700 })
  if (place.account) await chown(data, place.account.uid, place.account.gid)
  const script = await readGuideFile('failover/standby.sh', { '10.0.0.1 port=5432': address, [guideFolder]: data })
  await runScript(place, script)
  const standby = await start(place, data)
  await untilTrue(
    primary.url('postgres'),
    `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') AS "is"`,
  )
  return standby
}

const createReplicator = ({ password }: Place) => `CREATE ROLE replicator LOGIN REPLICATION PASSWORD '${password}'`

async function start(place: Place, data: string): Promise<PostgresServer> {
  const port = (await bind('127.0.0.1', 0)) ?? 0
  const flags = ['-D', data, '-c', `port=${port}`, '-c', 'unix_socket_directories=', '-c', 'log_min_messages=fatal']
  const child = spawn(path.join(place.programs, 'postgres'), flags, {
    ...serverSpawnOptions(place.account, data),
    stdio: 'ignore',
  })
  const server = controlServer(place, child, { data, port })
  await untilTrue(server.url('postgres'), 'SELECT true AS "is"')
  return server
}

function controlServer(place: Place, child: ChildProcess, at: { data: string; port: number }): PostgresServer {
  const { data, port } = at
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const signal = (name: NodeJS.Signals) => {
    for (const pid of processesOf(child)) sendSignal(pid, name)
  }
  return {
    port,
    url: (database) => `postgresql://postgres:${place.password}@127.0.0.1:${port}/${database}?sslmode=disable`,
    async kill() {
      signal('SIGKILL')
      await exited
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async stop() {
      await runScript(place, `pg_ctl stop -D ${data} -m fast`)
    },
    async promote() {
      await runScript(place, await readGuideFile('failover/promote.sh', { [guideFolder]: data }), port)
    },
  }
}

/** The process ids of a server that runs: the postmaster and its children. Only Linux lists them. */
function processesOf({ pid, exitCode, signalCode }: ChildProcess): number[] {
  if (!pid || exitCode !== null || signalCode !== null) return []
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return [pid, ...children.filter(Boolean).map(Number)]
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // A child of the postmaster has ended meanwhile.
  }
}

async function runScript({ programs, account, folder, password }: Place, script: string, port = 5432): Promise<void> {
  const options = serverSpawnOptions(account, folder)
  const connection = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres', PGPASSWORD: password }
  const env = { PATH: `${programs}:/usr/bin:/bin`, LC_ALL: 'C', ...connection }
  await promisify(execFile)('/bin/sh', ['-ec', script], { ...options, env })
}

/**
 * Repeats a query of a column `is` until it is true.
 *
 * @throws Error if it is not within a minute
 */
export async function untilTrue(url: string, sql: string): Promise<void> {
  const deadline = performance.now() + startWithinMs
  for (;;) {
    const rows = await query(url, sql).catch(() => [])
    if (rows[0]?.is === true) return
    if (performance.now() > deadline) throw new Error(`This did not become true within a minute: ${sql}`)
    await delay(100)
  }
}

/** Runs statements one after the other on a connection of their own. @returns the rows of the last */
export function query(url: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  return withConnection(url, async (client: pg.Client) => {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  })
}
