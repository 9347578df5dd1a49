import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seed } from '../../../prisma/seed.js'
import { readEnvironment } from '../../config.js'
import { applyMigrations } from '../../core/database/migrations/migrate.js'
import { startThrowawayPostgres } from '../../development/embedded-postgres/throwaway.js'
import { developmentSecrets } from '../../development/secrets.js'
import { findFreePort } from '../browser/next-app.js'

const root = path.join(import.meta.dirname, '../../..')
const example = path.join(root, 'examples/next')

export interface Stage {
  /** The addresses of the frontend and of the server. */
  app: string
  api: string
  /** Kills the server at once, as a power failure does. */
  killServer(): Promise<void>
  startServer(): Promise<void>
  close(): Promise<void>
}

/** Starts PostgreSQL with the demo data, the development server with its mailbox, and the built example. */
export async function startStage(): Promise<Stage> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'journey-'))
  await chmod(dataDir, 0o755)
  const database = await startThrowawayPostgres()
  const secrets = await developmentSecrets(dataDir)
  await applyMigrations(database.url)
  await seed({ databaseUrl: database.url, passwordPepper: secrets.PASSWORD_PEPPER })
  const [apiPort, appPort] = [await findFreePort(), await findFreePort()]
  const [api, app] = [`http://localhost:${apiPort}`, `http://localhost:${appPort}`]
  const settings = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'error',
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    ...secrets,
  }
  const serverEnvironment = { ...settings, PORT: String(apiPort), PUBLIC_URL: api, APP_URL: app }
  let server = await startServer(serverEnvironment)
  // Its server components also call procedures in their own process, with the settings of production.
  const own = { ...secrets, DATABASE_URL: database.url, PUBLIC_URL: api, SMTP_URL: 'smtp://localhost:1' }
  const frontend = await startFrontend(appPort, { ...own, API_URL: api, APP_URL: app })
  return {
    app,
    api,
    killServer: () => end(server, 'SIGKILL'),
    async startServer() {
      server = await startServer(serverEnvironment)
    },
    async close() {
      await Promise.all([end(server, 'SIGTERM'), end(frontend, 'SIGTERM')])
      await database.stop()
      await rm(dataDir, { recursive: true })
    },
  }
}

async function startServer(settings: Record<string, string>): Promise<ChildProcess> {
  const server = spawn(process.execPath, ['--import', 'tsx', 'server/development/main.ts'], {
    cwd: root,
    env: { PATH: readEnvironment().PATH, ...settings },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await Promise.race([once(server, 'message'), failure(server)])
  return server
}

async function startFrontend(port: number, settings: Record<string, string>): Promise<ChildProcess> {
  const command = createRequire(path.join(example, 'package.json')).resolve('next/dist/bin/next')
  const frontend = spawn(process.execPath, [command, 'start', '--hostname', 'localhost', '--port', String(port)], {
    cwd: example,
    env: { PATH: readEnvironment().PATH, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await Promise.race([answers(`http://localhost:${port}/sign-in`), failure(frontend)])
  return frontend
}

async function failure(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`A program of the stage ended with ${code}. Is the example built?`)
}

async function answers(url: string): Promise<void> {
  while (!(await fetch(url).catch(() => undefined))) await sleep(100)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
