// Compiles and runs the code of docs/guides/callers.md against the development server of DATA_DIR. It requires a build.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const { name } = JSON.parse(readFileSync(path.join(root, 'app.json'), 'utf8'))
// In the repository, where the name of the package leads to its build.
const folder = path.join(root, 'examples/callers/guide')
const guide = readFileSync(path.join(root, 'docs/guides/callers.md'), 'utf8')
const blocks = [...guide.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code)
if (blocks.length === 0) throw new Error('The guide has no code.')

// What a block takes from the program around it.
const around = `
import { createServerCaller } from '${name}/caller'
export const server = await createServerCaller()
const login = { email: 'ada@example.com', password: 'demo-user-passphrase' }
export const { accessToken, user: { id: userId } } = await server.withToken(null).auth.login(login)
`

mkdirSync(folder)
try {
  write('around.ts', around)
  for (const [index, code] of blocks.entries()) write(`block${index}.ts`, importOf(code) + code)
  write('guide.ts', blocks.map((_, index) => `await import('./block${index}.js')\n`).join(''))
  const compilerOptions = { noUnusedLocals: false }
  write('tsconfig.json', JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions, include: ['.'] }))
  run('tsc', '--noEmit', '-p', folder)
  run('tsx', path.join(folder, 'guide.ts'))
} finally {
  rmSync(folder, { recursive: true })
}

function write(file, text) {
  writeFileSync(path.join(folder, file), text)
}

function importOf(code) {
  const names = ['server', 'accessToken', 'userId'].filter(
    (each) => hasWord(code, each) && !hasWord(code, `const ${each}`),
  )
  return `import { ${names.join(', ')} } from './around.js'\n`
}

function hasWord(code, word) {
  return new RegExp(`\\b${word}\\b`).test(code)
}

function run(...words) {
  execFileSync('npx', words, { cwd: root, stdio: 'inherit' })
}
