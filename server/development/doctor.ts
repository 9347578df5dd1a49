import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  checkDatabase,
  checkNode,
  checkPooler,
  checkPort,
  type Finding,
  messageOf,
  report,
} from '../commands/findings.js'
import { type CommandConfig, loadCommandConfig } from '../config.js'
import { codeOf } from '../core/unknown-values.js'
import { locateDatabase } from './locate-database.js'
import { parseSecrets } from './secrets.js'

// Checks what `npm run dev` needs, or in production what the server needs.
const config = loadCommandConfig()
if (config.isProduction) await import('../commands/doctor.js')
else {
  const database = [...(await checkLocatedDatabase(config)), ...(await checkPooler(config))]
  report([checkNode(), ...database, await checkSecrets(config), await checkPort(config)])
}

async function checkLocatedDatabase(of: CommandConfig): Promise<Finding[]> {
  try {
    const database = await locateDatabase(of)
    try {
      return await checkDatabase(database.url, database.kind)
    } finally {
      await database.close()
    }
  } catch (error) {
    return [{ name: 'Database', faults: [messageOf(error)] }]
  }
}

async function checkSecrets({ dataDir }: CommandConfig): Promise<Finding> {
  const file = path.join(dataDir, 'development-secrets.json')
  try {
    parseSecrets(file, await readFile(file, 'utf8'))
    return { name: 'Secrets', state: file }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { name: 'Secrets', state: 'created by the first npm run dev' }
    return { name: 'Secrets', faults: [messageOf(error)] }
  }
}
