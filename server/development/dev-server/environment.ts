import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Environment } from '../../config.js'
import { developmentSettingsFile } from '../../development-settings.js'
import type { DevelopmentSecrets } from '../secrets.js'

interface Options {
  /** The environment of this process, including the values of `.env` at its start. */
  given: Environment
  secrets: DevelopmentSecrets
  port: number
  databaseUrl: string
}

const dotEnvAtStart = readDotEnv()

/**
 * The environment of the server's process. It omits values from `.env`, so that the server reads that file itself after
 * each save, and contains the development secrets for missing ones.
 */
export function serverEnvironment({
  given,
  secrets,
  port,
  databaseUrl,
}: Options): Environment & { PUBLIC_URL: string } {
  const saved = readDotEnv()
  const own = Object.entries(given).filter(([name, value]) => value !== dotEnvAtStart[name])
  const missing = Object.entries(secrets).filter(([name]) => !given[name] && !saved[name])
  return {
    ...Object.fromEntries([...own, ...missing]),
    NODE_ENV: 'development',
    PORT: String(port),
    PUBLIC_URL: given.PUBLIC_URL || `http://localhost:${port}`,
    DATABASE_URL: databaseUrl,
  }
}

/** Keeps what other processes of the machine need to call the application; see `server/development-settings.ts`. */
export async function shareSettings(dataDir: string, environment: Environment): Promise<void> {
  const { PUBLIC_URL, DATABASE_URL, DIRECT_URL, JWT_PRIVATE_KEYS, PASSWORD_PEPPER, TOKEN_SECRET } = {
    ...readDotEnv(),
    ...environment,
  }
  const settings = { PUBLIC_URL, DATABASE_URL, DIRECT_URL, JWT_PRIVATE_KEYS, PASSWORD_PEPPER, TOKEN_SECRET }
  const file = developmentSettingsFile(dataDir)
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, file)
}

function readDotEnv(): Environment {
  try {
    return parseEnv(readFileSync('.env', 'utf8'))
  } catch {
    return {}
  }
}
