import { loadConfig } from '../../server/config.js'
import { createContainer } from '../../server/container.js'
import { openConnection } from '../../server/core/database/connection.js'
import { startMailServer } from '../support/mail-server.js'
import { createUsers, signInAll } from '../support/people.js'
import { startServer } from '../support/server-process.js'
import { clientAddress, productionSettings, startDatabase } from '../support/settings.js'
import type { Person } from './calls.js'
import { metricsSettings } from './resources.js'

/** Starts a database, a mail server and a production server, and signs users in. */
export async function setStage() {
  const [postgres, mail] = await Promise.all([startDatabase(), startMailServer()])
  const settings = { ...(await productionSettings(postgres.url)), ...metricsSettings, SMTP_URL: mail.url }
  const people = await createPeople(settings)
  // For example `--import` of a file that leaks, which shows that the benchmark fails.
  const server = await startServer({ ...settings, NODE_OPTIONS: process.env.NODE_OPTIONS ?? '' })
  const database = await openConnection(postgres.url)
  return {
    ...people,
    server,
    database,
    mails: mail.mails,
    async close() {
      await database.end()
      await server.kill()
      mail.close()
      await postgres.stop()
    },
  }
}

async function createPeople(settings: Readonly<Record<string, string>>) {
  const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }))
  try {
    const admins = await createUsers(container, 1, () => ({ email: 'admin@example.com', name: 'Admin', role: 'admin' }))
    const users = await createUsers(container, 20)
    const [admin, ...people] = (await signInAll(container, [...admins, ...users])).map(toPerson)
    if (!admin) throw new Error('There is no admin.')
    return { admin, people }
  } finally {
    await container.close()
  }
}

type SignedIn = Awaited<ReturnType<typeof signInAll>>[number]

function toPerson({ user: { email }, accessToken, refreshToken }: SignedIn, index: number): Person {
  return { email, accessToken, refreshToken: refreshToken ?? '', address: clientAddress(index) }
}
