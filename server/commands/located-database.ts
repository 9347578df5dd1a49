import { type CommandConfig, loadCommandConfig } from '../config.js'
import { locateDatabase } from '../development/locate-database.js'

/** Finds the database of the settings, gives it to `work`, and lets go of it whatever happens. */
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
