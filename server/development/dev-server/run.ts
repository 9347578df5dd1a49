import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import type { CommandConfig, Environment } from '../../config.js'
import { developmentSecrets } from '../secrets.js'
import { describeServer } from './banner.js'
import { createChangeQueue } from './changes.js'
import { type DevelopmentDatabase, openDatabase } from './database.js'
import { serverEnvironment, shareSettings } from './environment.js'
import { type FrontendProgram, prepareFrontend } from './frontend.js'
import { rememberServer, waitForLeftOverServer } from './left-over.js'
import { choosePort } from './port.js'
import { type ServerProcess, startServerProcess } from './server-process.js'
import { stopRequested } from './stop-signal.js'
import { watchSources } from './watch.js'

export interface Development {
  config: CommandConfig
  environment: Environment
  /** The project's folder, whose `server`, `prisma` and `.env` are watched. */
  root: string
  /** The program to run; it sends `{ type: 'ready' }` to its parent when it listens. */
  serverFile: string
  /** Options of Node.js for that program, such as `--inspect`. */
  nodeOptions: readonly string[]
  /** A frontend that runs beside the server. */
  frontend?: FrontendProgram
  migrate(databaseUrl: string): Promise<unknown>
  /** Returns whether the demo users exist afterwards. */
  seed(options: { databaseUrl: string; passwordPepper: string }): Promise<boolean>
}

/**
 * Serves the project until it is stopped: database, secrets, migrations, demo data, and the server, which restarts when
 * a file is saved. If the server fails, it waits for the next save.
 *
 * @throws RemedyError if there is no database, another development server uses it, or the given port is taken
 */
export async function runDevelopment(development: Development): Promise<void> {
  const stop = stopRequested(development.environment)
  const changes = createChangeQueue(stop)
  const database = await openDatabase({ config: development.config, onMove: () => changes.push('database'), stop })
  try {
    if (!stop.aborted) await serve(development, { database, changes, stop })
  } finally {
    await database.close()
  }
}

interface Session {
  database: DevelopmentDatabase
  changes: ReturnType<typeof createChangeQueue>
  stop: AbortSignal
}

async function serve(development: Development, { database, changes, stop }: Session): Promise<void> {
  const { config, root } = development
  await waitForLeftOverServer(config.dataDir)
  const secrets = await developmentSecrets(config.dataDir)
  await development.migrate(database.url())
  const hasDemoUsers = await seedDemoData(development, database.url(), secrets.PASSWORD_PEPPER)
  const port = await choosePort(config.listen)
  const frontend = development.frontend && (await prepareFrontend(development.frontend, port, development.environment))
  const given = { ...development.environment, ...(frontend && { APP_URL: frontend.url }) }
  const start = async () => {
    const { url, isPooled } = config.database
    const databaseUrl = isPooled && url !== undefined ? url : database.url()
    const environment = serverEnvironment({ given, secrets, port, databaseUrl })
    await shareSettings(config.dataDir, environment)
    const { serverFile: file, nodeOptions } = development
    const server = startServerProcess({ name: 'server', file, nodeOptions, environment })
    void rememberServer(config.dataDir, server.pid)
    return { server, publicUrl: environment.PUBLIC_URL }
  }
  const watcher = watchSources(root, changes.push)
  const print = async (publicUrl: string) => {
    if (stop.aborted) return
    await frontend?.start(publicUrl)
    const served = { title: config.app.title, publicUrl, databaseUrl: database.url(), hasDemoUsers }
    console.log(describeServer({ ...served, frontendUrl: frontend?.url }))
  }
  try {
    await supervise({ start, print, changes, stop, apply: (changed) => applyChanges(development, database, changed) })
  } finally {
    watcher.close()
    await frontend?.stop()
  }
}

async function seedDemoData({ config, environment, seed }: Development, databaseUrl: string, pepper: string) {
  return config.seed && seed({ databaseUrl, passwordPepper: environment.PASSWORD_PEPPER?.trim() || pepper })
}

interface Supervision {
  start(): Promise<{ server: ServerProcess; publicUrl: string }>
  print(publicUrl: string): Promise<void>
  changes: Session['changes']
  stop: AbortSignal
  /** Updates the Prisma client and the database after changes. */
  apply(changed: readonly string[]): Promise<void>
}

const graceMs = { restart: 1500, stop: 10_000 }

async function supervise({ start, print, changes, stop, apply }: Supervision): Promise<void> {
  let hasPrinted = false
  let changed: readonly string[] = []
  while (!stop.aborted) {
    const startedAt = Date.now()
    const running = await startUnlessFaulty(() => apply(changed).then(start))
    void running?.server.ready.then(() => {
      if (hasPrinted) console.log(`The server restarted in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
      else void print(running.publicUrl)
      hasPrinted = true
    })
    changed = await changes.next()
    await running?.server.stop(stop.aborted ? graceMs.stop : graceMs.restart)
  }
}

async function startUnlessFaulty<T>(start: () => Promise<T>): Promise<T | undefined> {
  try {
    return await start()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error('The server starts again when a file is saved.')
    return undefined
  }
}

async function applyChanges({ root, migrate }: Development, database: DevelopmentDatabase, changed: readonly string[]) {
  const hasMigration = changed.some((file) => file.startsWith(path.join('prisma', 'migrations')))
  if (changed.includes(path.join('prisma', 'schema.prisma'))) {
    await promisify(execFile)(process.execPath, [path.join(root, 'server/development/generate.mjs')])
    // `npm run new` writes both.
    if (!hasMigration) console.log('schema.prisma has changed. Create a migration with: npm run migrate:new -- NAME')
  }
  if (hasMigration) await migrate(database.url())
}
