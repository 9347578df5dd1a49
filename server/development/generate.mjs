import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
const stamp = path.join(root, 'server/generated/.schema-hash')

/**
 * Generates the Prisma client into server/generated, unless it is up to date. Without the Prisma CLI it does nothing,
 * because npm also runs it after `npm ci --omit=dev`, where only `dist` is used.
 */
export async function generatePrismaClient() {
  const cli = findPrismaCli()
  if (!cli) return
  const schema = await readFile(path.join(root, 'prisma/schema.prisma'))
  const hash = createHash('sha256').update(schema).update(cli.version).digest('hex')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return
  await runPrismaGenerate(cli.file)
  await writeFile(stamp, hash)
}

function findPrismaCli() {
  const require = createRequire(import.meta.url)
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

if (process.argv[1] === fileURLToPath(import.meta.url)) await generatePrismaClient()
