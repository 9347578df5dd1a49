import { openConnection } from '../../server/core/database/connection.js'
import { startMailServer } from '../support/mail-server.js'
import { createSignedInPeople } from '../support/people.js'
import { startServer } from '../support/server-process.js'
import { productionSettings, startDatabase } from '../support/settings.js'
import { metricsSettings } from './resources.js'

/** Starts a database, a mail server and a production server, and signs users in. */
export async function setStage() {
  const [postgres, mail] = await Promise.all([startDatabase(), startMailServer()])
  const settings = { ...(await productionSettings(postgres.url)), ...metricsSettings, SMTP_URL: mail.url }
  const people = await createSignedInPeople(settings, 20)
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
