import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { reachableFrom } from '../../client/scripts/imports.js'
import { listProcedures } from '../core/http/rest/procedures.js'
import { appRouter } from '../router.js'
import { clientsProgram } from './releases/program.js'

// Keeps the OpenAPI document and the declarations of the client package as those of the last release, which
// `npm run check` compares with the present ones. See docs/guides/versions.md.
const root = path.join(import.meta.dirname, '../..')
const folder = path.join(root, 'docs/release')
const built = path.join(root, 'client/dist')
const settings = { extends: '../../tsconfig.json', compilerOptions: { rootDir: '../..' }, include: ['clients.ts'] }

execFileSync('npm', ['run', '--silent', 'build', '-w', 'client'], { cwd: root, stdio: 'inherit' })
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const file of reachableFrom([path.join(built, 'client/index.d.ts')])) {
  cpSync(file, path.join(folder, path.relative(built, file)))
}
cpSync(path.join(root, 'docs/openapi.json'), path.join(folder, 'openapi.json'))
writeFileSync(path.join(folder, 'clients.ts'), clientsProgram(listProcedures(appRouter).map(({ path }) => path)))
writeFileSync(path.join(folder, 'tsconfig.json'), `${JSON.stringify(settings, null, 2)}\n`)
