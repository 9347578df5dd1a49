import { developApplication } from './dev-server/application.js'

await developApplication({ command: 'npm run dev' })
process.exit(0)
