import { parseArgs } from 'node:util'
import { withLocatedDatabase } from './located-database.js'
import { resetDatabase } from './migrations/reset.js'
import { seedDatabase } from './seed-database.js'

// Drops everything, migrates and seeds. Rejected in production, and for another machine without --force.
const { values } = parseArgs({ options: { force: { type: 'boolean', default: false } } })

await withLocatedDatabase(async ({ url, config }) => {
  const { isProduction } = config
  const { applied } = await resetDatabase(url, { isProduction, isForced: values.force, log: console })
  console.log(`Dropped everything and applied ${applied.join(', ')}.`)
  if (config.seed) await seedDatabase(url, config)
})
