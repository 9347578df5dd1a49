import { withLocatedDatabase } from './located-database.js'
import { seedDatabase } from './seed-database.js'

// Inserts the demo data into an empty database; rejected in production.
await withLocatedDatabase(({ url, config }) => seedDatabase(url, config))
