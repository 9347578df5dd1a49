import { ConfigError, loadCommandConfig, loadConfig } from '../config.js'
import { databaseUrlOf } from './database.js'
import { checkDatabase, checkNode, checkPooler, checkPort, type Finding, messageOf, report } from './findings.js'

// Checks what a production server needs, and names the command or setting that fixes each fault.
const config = loadCommandConfig()
const database = [...(await checkGivenDatabase()), ...(await checkPooler(config))]
report([checkNode(), ...database, checkSettings(), await checkPort(config)])

async function checkGivenDatabase(): Promise<Finding[]> {
  try {
    return await checkDatabase(databaseUrlOf(config), 'given')
  } catch (error) {
    return [{ name: 'Database', faults: [messageOf(error)] }]
  }
}

function checkSettings(): Finding {
  try {
    loadConfig()
    return { name: 'Secrets', state: 'all settings are set' }
  } catch (error) {
    return { name: 'Secrets', faults: error instanceof ConfigError ? error.faults : [messageOf(error)] }
  }
}
