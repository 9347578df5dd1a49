import { seed } from '../../prisma/seed.js'
import { type CommandConfig, readEnvironment } from '../config.js'
import { RemedyError } from '../core/remedy-error.js'
import { developmentSecrets } from './secrets.js'

/**
 * Puts the demo data into an empty database, with passwords that the development server accepts.
 *
 * @throws RemedyError in production, where well-known passwords have no place
 */
export async function seedDatabase(databaseUrl: string, config: CommandConfig): Promise<void> {
  if (config.isProduction) {
    throw new RemedyError('Demo data is for development, and is refused in production. Set NODE_ENV=development there.')
  }
  const pepper = readEnvironment().PASSWORD_PEPPER?.trim()
  const passwordPepper = pepper || (await developmentSecrets(config.dataDir)).PASSWORD_PEPPER
  const { seeded } = await seed({ databaseUrl, passwordPepper })
  console.log(seeded ? 'Seeded the demo data.' : 'The database has users already; it was not seeded.')
}
