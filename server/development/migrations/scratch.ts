import { randomBytes } from 'node:crypto'
import { withConnection } from '../../core/database/connection.js'
import { RemedyError } from '../../core/remedy-error.js'
import { codeOf } from '../../core/unknown-values.js'

const insufficientPrivilege = '42501'

/**
 * Creates an empty database on the same server, passes its address to `work`, and drops it in any case.
 *
 * @throws RemedyError if the user in the address may not create databases
 */
export async function withScratchDatabase<T>(databaseUrl: string, work: (url: string) => Promise<T>): Promise<T> {
  const name = `scratch_${randomBytes(8).toString('hex')}`
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  await create(databaseUrl, name)
  try {
    return await work(url.href)
  } finally {
    await withConnection(databaseUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  }
}

async function create(databaseUrl: string, name: string): Promise<void> {
  try {
    await withConnection(databaseUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0`))
  } catch (cause) {
    if (codeOf(cause) !== insufficientPrivilege) throw cause
    throw new RemedyError(
      'The user of DATABASE_URL may not create the temporary database that this command needs. ' +
        'Unset DATABASE_URL to use the embedded PostgreSQL, or use a database user with CREATEDB.',
      { cause },
    )
  }
}
