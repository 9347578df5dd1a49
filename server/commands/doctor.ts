import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type pg from 'pg'
import { type CommandConfig, ConfigError, loadCommandConfig, loadConfig, readEnvironment } from '../config.js'
import { withConnection } from '../core/database/connection.js'
import { migrationStatus } from '../core/database/migrations/migrate.js'
import { bind } from '../development/dev-server/port.js'
import { locateDatabase } from '../development/locate-database.js'
import { parseSecrets } from '../development/secrets.js'

interface Finding {
  name: string
  /** What is well. */
  state?: string
  /** What is not, and how to mend it. */
  faults?: readonly string[]
}

const environment = readEnvironment()
const config = loadCommandConfig(environment)
const findings = [checkNode(), ...(await checkDatabase(config)), await checkSecrets(config), await checkPort(config)]
for (const finding of findings) console.log(describe(finding))
process.exit(findings.some(({ faults }) => faults?.length) ? 1 : 0)

function describe({ name, state, faults = [] }: Finding): string {
  if (faults.length === 0) return `ok     ${name.padEnd(12)}${state}`
  return faults.map((fault) => `fault  ${name.padEnd(12)}${fault}`).join('\n')
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isSupported = major > 20 || (major === 20 && minor >= 19)
  const remedy = `Node.js ${process.versions.node} is too old. Install 20.19 or newer: nvm install 22`
  return isSupported ? { name: 'Node.js', state: process.versions.node } : { name: 'Node.js', faults: [remedy] }
}

async function checkDatabase(of: CommandConfig): Promise<Finding[]> {
  try {
    const database = await locateDatabase(of)
    try {
      return [await checkVersion(database.url, database.kind), await checkMigrations(database.url)]
    } finally {
      await database.close()
    }
  } catch (error) {
    const remedy = of.isProduction ? '' : ', or use the embedded PostgreSQL: unset DATABASE_URL'
    return [{ name: 'Database', faults: [messageOf(error) + (of.database.url ? `. Mend DATABASE_URL${remedy}` : '')] }]
  }
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
  return { name: 'Migrations', faults: [`${pending.join(', ')} pending. Run: npm run migrate`] }
}

async function checkSecrets({ isProduction, dataDir }: CommandConfig): Promise<Finding> {
  const file = path.join(dataDir, 'development-secrets.json')
  try {
    if (isProduction) loadConfig(environment)
    else parseSecrets(file, await readFile(file, 'utf8'))
    return { name: 'Secrets', state: isProduction ? 'all settings are given' : file }
  } catch (error) {
    if (error instanceof ConfigError) return { name: 'Secrets', faults: error.faults }
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing) return { name: 'Secrets', state: 'made by the first npm run dev' }
    return { name: 'Secrets', faults: [messageOf(error)] }
  }
}

async function checkPort({ isProduction, listen: { host, port, isPortGiven } }: CommandConfig): Promise<Finding> {
  if (await bind(host, port)) return { name: 'Port', state: `${host}:${port} is free` }
  if (await answersAsPlinth(port)) return { name: 'Port', state: `${host}:${port} is served by Plinth` }
  if (!isPortGiven) return { name: 'Port', state: `${host}:${port} is taken; npm run dev takes the next free one` }
  const start = isProduction ? 'npm start' : 'npm run dev'
  return { name: 'Port', faults: [`${host}:${port} is taken. Set another one: PORT=${port + 1} ${start}`] }
}

async function answersAsPlinth(port: number): Promise<boolean> {
  try {
    const reply = await fetch(`http://localhost:${port}/livez`, { signal: AbortSignal.timeout(2000) })
    return (await reply.text()).includes('"alive"')
  } catch {
    return false
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
