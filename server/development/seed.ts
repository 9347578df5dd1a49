import { withLocatedDatabase } from './located-database.js'
import { seedDatabase } from './seed-database.js'

// Puts the demo data into an empty database; refused in production.
await withLocatedDatabase(({ url, config }) => seedDatabase(url, config))
