import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { open, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { bind } from '../../commands/bind.js'
import { withConnection } from '../../core/database/connection.js'
import { RemedyError } from '../../core/remedy-error.js'
import { codeOf } from '../../core/unknown-values.js'
import type { ServerAccount } from './account.js'
import { program } from './binaries.js'

/** The parameters to run the server of a cluster. */
export interface ServerFiles {
  dataFolder: string
  logFile: string
  /** The password of the superuser. */
  password: string
  binaries: string
  account: ServerAccount | undefined
}

export interface RunningServer {
  pid: number
  port: number
  wasRunning: boolean
}

type Settings = Readonly<Record<string, string>>

const startTimeoutMs = 60_000

/**
 * Starts the server of a cluster, or finds a running one. It waits for a server that is starting or stopping.
 *
 * @throws RemedyError with the end of the server's log if it does not start within a minute
 */
export async function startServer(files: ServerFiles, settings: Settings = {}): Promise<RunningServer> {
  const deadline = Date.now() + startTimeoutMs
  for (;;) {
    const found = await findServer(files)
    if (found) return { ...found, wasRunning: true }
    await disownProcessId(files.dataFolder)
    const fault = await launch(files, settings, deadline)
    if (typeof fault !== 'string') return { ...fault, wasRunning: false }
    if (!isPassing(fault) || Date.now() > deadline) {
      throw new RemedyError(`The embedded PostgreSQL did not start. The end of ${files.logFile}:\n${fault}`)
    }
    await sleep(100)
  }
}

/** The superuser's connection string. */
export function serverUrl(files: ServerFiles, server: { port: number }, database: string): string {
  // The server has no TLS, whatever PGSSLMODE of the shell asks for.
  const address = `postgres:${files.password}@127.0.0.1:${server.port}`
  return `postgresql://${address}/${encodeURIComponent(database)}?sslmode=disable`
}

/** Finds the running server by querying it, because a stored process id is not reliable. */
async function findServer(files: ServerFiles): Promise<Omit<RunningServer, 'wasRunning'> | undefined> {
  const { pid, port } = await readPostmasterFile(files.dataFolder)
  if (!pid || !port) return undefined
  const ask = (client: pg.Client) => client.query<{ data_directory: string }>('SHOW data_directory')
  const answer = await withConnection(serverUrl(files, { port }, 'postgres'), ask).catch(() => undefined)
  const folder = answer?.rows[0]?.data_directory
  return folder !== undefined && path.relative(folder, files.dataFolder) === '' ? { pid, port } : undefined
}

const postmasterFile = 'postmaster.pid'

async function readPostmasterFile(dataFolder: string): Promise<{ pid: number; port: number }> {
  const text = await readFile(path.join(dataFolder, postmasterFile), 'utf8').catch(() => '')
  const [pid = '', , , port = ''] = text.split('\n')
  return { pid: Number(pid) || 0, port: Number(port) || 0 }
}

/*
 * After a crash, the stored process id may belong to another program, or to a zombie that init does not reap (as in
 * containers), and PostgreSQL would refuse to start. PostgreSQL ignores its parent, so the file gets the id of this
 * process. The line about shared memory stays, by which PostgreSQL detects that parts of an old server still run.
 */
async function disownProcessId(dataFolder: string): Promise<void> {
  const { pid } = await readPostmasterFile(dataFolder)
  if (!pid || pid === process.pid) return
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  if (commandLine === undefined || commandLine.includes(dataFolder)) return
  const file = path.join(dataFolder, postmasterFile)
  const [, ...rest] = (await readFile(file, 'utf8')).split('\n')
  await writeFile(file, [process.pid, ...rest].join('\n'))
}

/** Whether a process with this id runs. The id may have been assigned to another process. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !isUnreaped(pid)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

// A zombie, which has ended but was not reaped by its parent; only Linux reports it.
function isUnreaped(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') ?? false
  } catch {
    return false
  }
}

type Launched = Omit<RunningServer, 'wasRunning'>

async function launch(files: ServerFiles, settings: Settings, deadline: number): Promise<Launched | string> {
  const logStart = await stat(files.logFile).then(
    ({ size }) => size,
    () => 0,
  )
  const child = await spawnServer(files, settings)
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', () => resolve('exit'))
  })
  const outcome = await Promise.race([ended, untilReady(files, child, deadline)])
  if (typeof outcome !== 'string') return outcome
  child.kill('SIGKILL')
  return outcome === 'exit' ? (await readFile(files.logFile, 'utf8')).slice(logStart).slice(-4000) : outcome
}

async function spawnServer(files: ServerFiles, settings: Settings): Promise<ChildProcess> {
  const port = await freePort((await readLastPort(files.dataFolder)) ?? 0)
  const network = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' }
  const flags = Object.entries({ ...settings, ...network }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = await open(files.logFile, 'a', 0o600)
  try {
    const child = spawn(program(files.binaries, 'postgres'), ['-D', files.dataFolder, ...flags], {
      ...serverSpawnOptions(files.account, files.dataFolder),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    child.unref()
    return child
  } finally {
    await log.close()
  }
}

/** How PostgreSQL's programs are started: as the account, without the PG* variables of this process. */
export function serverSpawnOptions(account: ServerAccount | undefined, folder: string) {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  return { ...account, cwd: folder, windowsHide: true, ...(process.platform === 'win32' ? {} : { env }) }
}

// The previous port, if it is free, so that connection strings in other tools stay valid.
async function readLastPort(dataFolder: string): Promise<number | undefined> {
  const options = await readFile(path.join(dataFolder, 'postmaster.opts'), 'utf8').catch(() => '')
  const port = /port=(\d+)/.exec(options)?.[1]
  return port ? Number(port) : undefined
}

async function freePort(wanted: number): Promise<number> {
  return (await bind('127.0.0.1', wanted)) || freePort(0)
}

async function untilReady(files: ServerFiles, child: ChildProcess, deadline: number): Promise<Launched | string> {
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const found = await findServer(files)
    if (found) return found
    await sleep(20)
  }
  return 'exit'
}

// Another start was faster, an old server is stopping, or the port was taken meanwhile: the next attempt handles it.
function isPassing(fault: string): boolean {
  return /lock file|shared memory block|could not bind|Address already in use/.test(fault)
}

export interface StopOptions {
  /** `fast` ends transactions and writes all data; `immediate` is for clusters that are then deleted. */
  mode: 'fast' | 'immediate'
  /** The process of the server, to wait for its end. Without it, the end of `pg_ctl` is sufficient. */
  pid?: number
}

/** Stops the server of a cluster, if there is one, and waits for its end. */
export async function stopServer(
  { dataFolder, binaries, account }: Pick<ServerFiles, 'dataFolder' | 'binaries' | 'account'>,
  { mode, pid }: StopOptions,
): Promise<void> {
  const flags = ['stop', '-D', dataFolder, '-m', mode, '-w', '-t', '60', '-s']
  const child = spawn(program(binaries, 'pg_ctl'), flags, {
    ...serverSpawnOptions(account, path.dirname(binaries)),
    stdio: 'ignore',
  })
  await new Promise<void>((resolve) => {
    child.on('error', () => resolve())
    child.on('close', () => resolve())
  })
  const deadline = Date.now() + 2000
  while (pid && isAlive(pid) && Date.now() < deadline) await sleep(10)
}
