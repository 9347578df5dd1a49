import type { Callers } from './caller-types.js'
import { createCallers } from './callers.js'
import { ConfigError, loadCommandConfig, loadConfig, readEnvironment, withoutEmpty } from './config.js'
import { createContainer } from './container.js'
import { createLogger } from './core/logger.js'
import { developmentSettingsFile, readDevelopmentSettings } from './development-settings.js'

export type { Caller, CallOrigin } from './caller-types.js'
export { CallError } from './core/call-error.js'

export interface ServerCaller extends Callers {
  /** Closes the connections at once. A program that does not call it ends by itself as well. */
  close(): Promise<void>
}

/**
 * Creates callers with the settings of the server: those of the environment and `.env`, and in development those of
 * `npm run dev`. Nothing connects before the first call. Errors are logged to standard error as JSON.
 *
 * @throws ConfigError with all missing and invalid settings
 */
export async function createServerCaller(): Promise<ServerCaller> {
  const config = loadSettings()
  const container = createContainer(config, {
    log: createLogger({ mode: 'production', logLevel: config.logLevel }, process.stderr),
  })
  return { ...createCallers(container), close: () => container.close() }
}

function loadSettings() {
  const given = withoutEmpty(readEnvironment())
  const { dataDir } = loadCommandConfig(given)
  const mayDevelop = given.NODE_ENV === undefined || given.NODE_ENV === 'development'
  const found = mayDevelop ? readDevelopmentSettings(dataDir) : undefined
  try {
    const database = given.DATABASE_URL ? { DATABASE_URL: undefined, DIRECT_URL: undefined } : {}
    return loadConfig({
      LOG_LEVEL: 'error',
      ...(found && { NODE_ENV: 'development', ...found, ...database }),
      ...given,
    })
  } catch (error) {
    throw error instanceof ConfigError && mayDevelop && !found ? withHint(error, dataDir) : error
  }
}

function withHint({ faults }: ConfigError, dataDir: string): ConfigError {
  const file = developmentSettingsFile(dataDir)
  return new ConfigError([...faults, `In development, start "npm run dev" first. ${file} then has the settings.`])
}
