// What the tests of the guides share: a copy of the repository, and the blocks of a guide applied to it.
import { execSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { register } from 'tsx/esm/api'

register()
const { applyHunks, readDiff } = await import('../server/development/new-resource/diff.ts')

const root = path.join(import.meta.dirname, '..')

/** Makes a copy of the repository for `work`, and removes it afterwards. */
export function withCopy(work) {
  const copy = mkdtempSync(path.join(tmpdir(), 'guide-'))
  chmodSync(copy, 0o755) // As root, PostgreSQL runs with another account.
  try {
    execSync(`bash .ci/copy ${copy}`, { cwd: root, stdio: 'inherit' })
    work(openCopy(copy))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function openCopy(copy) {
  const env = { ...process.env, DATA_DIR: path.join(copy, '.data') }
  const read = (name) => readFileSync(path.join(copy, name), 'utf8')
  return {
    read,
    /** Runs each line of a block of commands. */
    run(commands) {
      for (const line of commands.trim().split('\n')) execSync(line, { cwd: copy, env, stdio: 'inherit' })
    },
    /** Applies a diff without line numbers: what each hunk changes must be in the file just once. */
    change(diff) {
      const { file, hunks } = readDiff(diff)
      writeFileSync(path.join(copy, file), applyHunks(read(file), hunks, file))
    },
    /** Adds the files of a folder that mirrors the repository, and applies those that end with `.diff`. */
    add(folder) {
      for (const { source, name } of listFiles(folder)) {
        if (source.endsWith('.diff')) this.change(readFileSync(source, 'utf8'))
        else cpSync(source, path.join(copy, name), { recursive: true })
      }
    },
    /** Takes back what {@link add} does. */
    takeBack(folder) {
      for (const { source, name } of listFiles(folder)) {
        if (source.endsWith('.diff')) this.change(reverse(readFileSync(source, 'utf8')))
        else rmSync(path.join(copy, name))
        const folder = path.dirname(path.join(copy, name))
        if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true })
      }
    },
    /** Removes what a list names; see docs/guides/remove-posts.txt. */
    remove(list) {
      for (const line of read(list).split('\n')) {
        const [, verb, name, pattern] = /^(delete|lines|block) +(\S+)(?: +(.*))?$/.exec(line) ?? []
        if (verb === 'delete') rmSync(path.join(copy, name), { recursive: true })
        else if (verb) writeFileSync(path.join(copy, name), cut(read(name), verb, pattern, line))
      }
    },
  }
}

function listFiles(folder) {
  const files = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
  return files
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((source) => ({ source, name: path.relative(path.join(root, folder), source) }))
}

function reverse(diff) {
  const swapped = { '+': '-', '-': '+' }
  return diff.replaceAll(/^([+-])(?!\1)/gm, (sign) => swapped[sign])
}

function cut(text, verb, pattern, line) {
  const block = new RegExp(`^([ \\t]*)(?=\\S).*(?:${pattern}).*\n[^]*?^\\1[}\\])].*\n`, 'gm')
  const left = text.replaceAll(verb === 'lines' ? new RegExp(`^.*(?:${pattern}).*\n`, 'gm') : block, '')
  if (left === text) throw new Error(`There is nothing left to remove: ${line}`)
  return left
}
