// Counts the lines of parts that are to stay small: `node .ci/lines.mjs`. Blank lines and comments do not count; imports
// count where nothing else is said. It exits with 1 if a part is larger than its limit.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'oxc-parser'

const root = path.join(import.meta.dirname, '..')
const parts = [
  { name: '/react', files: /^client\/react\.ts$/, max: 120 },
  { name: '/next, without imports', files: /^client\/next(-\w+)?\.ts$/, max: 150, withoutImports: true },
  { name: 'examples/next, without styles', files: /^examples\/next\/.*\.tsx?$/, max: 900 },
  { name: 'examples/vite', files: /^examples\/vite\/.*\.tsx?$/, max: 90 },
]

const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
const names = [...new Set(String(listed).split('\0'))].filter((name) => existsSync(path.join(root, name)))

for (const { name, files, max, withoutImports } of parts) {
  const found = names.filter((each) => files.test(each))
  const lines = found.reduce((sum, file) => sum + countLines(file, withoutImports), 0)
  if (lines > max) process.exitCode = 1
  console.log(`${name}: ${lines} of ${max} lines, ${lines > max ? 'TOO MANY' : 'ok'}`)
}

function countLines(file, withoutImports) {
  const code = readFileSync(path.join(root, file), 'utf8')
  const { program, comments, errors } = parseSync(file, code)
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`)
  const imports = program.body.filter(({ type }) => withoutImports && type === 'ImportDeclaration')
  const text = [...comments, ...imports].reduce(blank, code)
  return text.split('\n').filter((line) => line.trim()).length
}

function blank(text, { start, end }) {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end)
}
