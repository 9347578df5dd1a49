import type pg from 'pg'
import type { CommandConfig } from '../config.js'
import { withConnection } from '../core/database/connection.js'
import { migrationStatus } from '../core/database/migrations/migrate.js'
import { inspectSession } from '../core/database/session.js'
import { bind } from './bind.js'

export interface Finding {
  name: string
  /** A check that succeeded. */
  state?: string
  /** A fault, and how to fix it. */
  faults?: readonly string[]
}

/** Prints findings. The process exits with 1 if one is a fault. */
export function report(findings: readonly Finding[]): void {
  for (const finding of findings) console.log(describe(finding))
  process.exitCode = findings.some(({ faults }) => faults?.length) ? 1 : 0
}

/** Checks a database and its migrations; `kind` names the source of its address. */
export async function checkDatabase(url: string, kind: string): Promise<Finding[]> {
  return [await checkVersion(url, kind), await checkMigrations(url)]
}

/** Checks the pooler to which DATABASE_URL leads, if DIRECT_URL says that there is one. */
export async function checkPooler({ database: { url, isPooled } }: CommandConfig): Promise<Finding[]> {
  if (!isPooled || url === undefined) return []
  try {
    const { keepsNames, remedies } = await withConnection(url, inspectSession, { isPooled })
    const state = `${keepsNames ? 'keeps' : 'does not keep'} prepared statements`
    return [{ name: 'Pooler', state, faults: remedies.map((sql) => `Sessions lack a setting. Run: ${sql}`) }]
  } catch (error) {
    return [{ name: 'Pooler', faults: [messageOf(error)] }]
  }
}

/** Formats a finding as lines for a terminal. */
function describe({ name, state, faults = [] }: Finding): string {
  if (faults.length === 0) return `ok     ${name.padEnd(12)}${state}`
  return faults.map((fault) => `fault  ${name.padEnd(12)}${fault}`).join('\n')
}

/** Checks the version of Node.js. */
export function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isSupported = major > 20 || (major === 20 && minor >= 19)
  const remedy = `Node.js ${process.versions.node} is too old. Install 20.19 or newer: nvm install 26`
  return isSupported ? { name: 'Node.js', state: process.versions.node } : { name: 'Node.js', faults: [remedy] }
}

async function checkVersion(url: string, kind: string): Promise<Finding> {
  const ask = (client: pg.Client) => client.query<{ server_version: string }>('SHOW server_version')
  const { rows } = await withConnection(url, ask)
  const version = rows[0]?.server_version ?? ''
  if (Number.parseInt(version, 10) >= 15) return { name: 'Database', state: `PostgreSQL ${version}, ${kind}` }
  return { name: 'Database', faults: [`PostgreSQL ${version} is too old. Use 15 or newer: unset DATABASE_URL`] }
}

async function checkMigrations(url: string): Promise<Finding> {
  const { pending, fault, remedy } = await migrationStatus(url)
  if (fault) return { name: 'Migrations', faults: [`${fault} ${remedy ?? ''}`.trim()] }
  if (pending.length === 0) return { name: 'Migrations', state: 'all applied' }
  return { name: 'Migrations', faults: [`Pending migrations: ${pending.join(', ')}. Run: npm run migrate`] }
}

/** Checks whether the port is free or used by this application. */
export async function checkPort({
  isProduction,
  listen: { host, port, isPortGiven },
}: CommandConfig): Promise<Finding> {
  if (await bind(host, port)) return { name: 'Port', state: `${host}:${port} is free` }
  if (await answersLivez(port)) return { name: 'Port', state: `${host}:${port} is served by this application` }
  if (!isPortGiven) return { name: 'Port', state: `${host}:${port} is taken; npm run dev uses the next free port` }
  const start = isProduction ? 'npm start' : 'npm run dev'
  return { name: 'Port', faults: [`${host}:${port} is in use. Set another port: PORT=${port + 1} ${start}`] }
}

async function answersLivez(port: number): Promise<boolean> {
  try {
    const reply = await fetch(`http://localhost:${port}/livez`, { signal: AbortSignal.timeout(2000) })
    return (await reply.text()).includes('"alive"')
  } catch {
    return false
  }
}

/** The message of an error in one line, for a finding. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message || error.name : String(error)).replaceAll('\n', ' ')
}
