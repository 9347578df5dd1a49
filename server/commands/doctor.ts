import { ConfigError, loadCommandConfig, loadConfig } from '../config.js'
import { databaseUrlOf } from './database.js'
import { checkDatabase, checkNode, checkPort, type Finding, messageOf, report } from './findings.js'

// Checks what a production server needs, and names the command or setting that fixes each fault.
const config = loadCommandConfig()
report([checkNode(), ...(await checkGivenDatabase()), checkSettings(), await checkPort(config)])

async function checkGivenDatabase(): Promise<Finding[]> {
  try {
    return await checkDatabase(databaseUrlOf(config), 'given')
  } catch (error) {
    const remedy = config.database.url ? '. Correct DATABASE_URL' : ''
    return [{ name: 'Database', faults: [messageOf(error) + remedy] }]
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
