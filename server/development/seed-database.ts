import { seed } from '../../prisma/seed.js'
import { assertMigrated } from '../commands/database.js'
import { type CommandConfig, readEnvironment } from '../config.js'
import { RemedyError } from '../core/remedy-error.js'
import { developmentSecrets } from './secrets.js'

/**
 * Inserts the demo data into an empty database.
 *
 * @throws RemedyError in production, because the demo passwords are public
 */
export async function seedDatabase(databaseUrl: string, config: CommandConfig): Promise<void> {
  if (config.isProduction) {
    throw new RemedyError(
      'Demo data is not allowed in production. For a development database, set NODE_ENV=development.',
    )
  }
  await assertMigrated(databaseUrl)
  const pepper = readEnvironment().PASSWORD_PEPPER?.trim()
  const passwordPepper = pepper || (await developmentSecrets(config.dataDir)).PASSWORD_PEPPER
  const { seeded } = await seed({ databaseUrl, passwordPepper })
  console.log(seeded ? 'Inserted the demo data.' : 'The database already has users, so no demo data was inserted.')
}
