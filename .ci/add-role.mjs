// Follows docs/guides/add-a-role.md on a copy, block by block: applies each diff and runs each command. Then the access
// matrix must allow the new role what the guide says, and nothing else.
import { execSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const guide = 'docs/guides/add-a-role.md'
const copy = mkdtempSync(path.join(tmpdir(), 'add-role-'))
chmodSync(copy, 0o755) // As root, PostgreSQL runs with another account.
try {
  execSync(`bash ${path.join(import.meta.dirname, 'copy')} ${copy}`, { stdio: 'inherit' })
  const before = countForbidden()
  for (const [, kind, text] of read(guide).matchAll(/^```(diff|sh)\n([^]*?)^```$/gm)) {
    if (kind === 'diff') change(text)
    else run(text)
  }
  run('npx vitest run --project suite server/access-matrix.test.ts server/features/users/schema.test.ts --reporter=dot')
  if (countForbidden() !== before) throw new Error('openapi.json does not say where a call is forbidden as it did.')
  console.log('A role can be added as the guide says.')
} finally {
  rmSync(copy, { recursive: true, force: true })
}

function change(diff) {
  const [, name, lines] = /^\+\+\+ (.*)\n([^]*)$/.exec(diff)
  const without = (sign) => lines.replaceAll(new RegExp(`^\\${sign}.*\n`, 'gm'), '').replaceAll(/^[ +-]/gm, '')
  const parts = read(name).split(without('+'))
  if (parts.length !== 2) throw new Error(`${name} does not have, just once, what ${guide} changes:\n${lines}`)
  writeFileSync(path.join(copy, name), parts.join(without('-')))
}

function run(command) {
  const env = { ...process.env, DATA_DIR: path.join(copy, '.data') }
  for (const line of command.trim().split('\n')) execSync(line, { cwd: copy, env, stdio: 'inherit' })
}

function countForbidden() {
  return read('docs/openapi.json').split('"#/components/responses/Forbidden"').length
}

function read(name) {
  return readFileSync(path.join(copy, name), 'utf8')
}
