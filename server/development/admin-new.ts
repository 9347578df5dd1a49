import { runOnLocatedDatabase } from './located-database.js'

await runOnLocatedDatabase(() => import('../commands/admin-new.js'))
