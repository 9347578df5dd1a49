import { type CommandConfig, loadCommandConfig, readEnvironment } from '../config.js'
import { locateDatabase } from './locate-database.js'

/** Runs `work` with the database of the settings, and releases it in any case. */
export async function withLocatedDatabase(
  work: (given: { url: string; config: CommandConfig }) => Promise<void>,
): Promise<void> {
  const config = loadCommandConfig()
  const database = await locateDatabase(config)
  try {
    await work({ url: database.url, config })
  } finally {
    await database.close()
  }
}

/** Runs a production command with the database of the settings, as if DATABASE_URL named it. */
export function runOnLocatedDatabase(load: () => Promise<unknown>): Promise<void> {
  return withLocatedDatabase(async ({ url }) => {
    Object.assign(readEnvironment(), { DATABASE_URL: url, DIRECT_URL: url })
    await load()
  })
}
