import { applyMigrations } from '../../server/core/database/migrations/migrate.js'
import { createSigningKey } from '../../server/core/security/signing-keys.js'
import { startThrowawayPostgres } from '../../server/development/embedded-postgres/throwaway.js'

export const pepper = 'pepper-of-the-benchmarks-0123456789abcdef'
export const password = 'a quiet harbour at dawn'

/** Starts a temporary PostgreSQL with the tables of this application. */
export async function startDatabase(settings: Readonly<Record<string, string>> = {}) {
  const server = await startThrowawayPostgres(settings)
  await applyMigrations(server.url)
  return server
}

/** The settings of a production server. Clients may set their address, so that they do not reach limits by address. */
export async function productionSettings(databaseUrl: string) {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: 'https://api.example.com',
    TRUST_PROXY: '127.0.0.1/32',
    JWT_PRIVATE_KEYS: JSON.stringify({ keys: [await createSigningKey()] }),
    PASSWORD_PEPPER: pepper,
    TOKEN_SECRET: 'token-secret-of-the-benchmarks-0123456789',
    SMTP_URL: 'smtp://127.0.0.1:9',
  }
}

/** The address of the client with this number, of 65,536. */
export function clientAddress(index: number): string {
  return `10.1.${(index >> 8) & 255}.${index & 255}`
}
