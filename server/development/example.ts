import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { RemedyError } from '../core/remedy-error.js'
import { developApplication } from './dev-server/application.js'

// Starts the development server and, beside it, examples/next with the client package and the in-process callers as they
// are now.
const root = path.join(import.meta.dirname, '../..')
if (!existsSync(path.join(root, 'examples/next/package.json'))) {
  throw new RemedyError('The folder examples/next is missing. npm run dev starts the server alone.')
}

await developApplication({
  command: 'npm run example',
  frontend: { file: path.join(import.meta.dirname, 'example/next.ts'), prepare: build },
})
process.exit(0)

async function build(): Promise<void> {
  console.log('Building the client package and the in-process callers.')
  await promisify(execFile)('npm', ['run', '--silent', 'build'], {
    cwd: root,
    shell: process.platform === 'win32',
  })
}
