import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const client = join(import.meta.dirname, '..')
const root = join(client, '..')
const consumer = mkdtempSync(join(tmpdir(), 'consumer-'))
// The declarations of tRPC require those of disposables and fetch.
const compilerOptions = {
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'dom', 'esnext.disposable'],
  types: [],
}
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const versions = { ...dependencies, ...devDependencies }
const load = `import('@plinth/client').then((m) => process.stdout.write(typeof m.createApiClient))`

try {
  checkPackage()
} finally {
  rmSync(consumer, { recursive: true })
}

/**
 * Packs the built package and installs it in a project that has tRPC and the compiler, but nothing of the server. Its
 * types must be valid there with library checks, and wrong inputs must be reported. The schemas are checked with Zod.
 */
function checkPackage(): void {
  install()
  for (const name of ['zod', 'fastify', '@prisma/client']) assert(!existsSync(join(consumer, 'node_modules', name)))
  checkTypes('consumer.ts.txt')
  const name = execFileSync(process.execPath, ['--input-type=module', '--eval', load], { cwd: consumer })
  assert.equal(String(name), 'function')
  npmInstall(`zod@${versions.zod}`)
  checkTypes('forms.ts.txt')
  console.log('The packed client installs, loads and type-checks without the server.')
}

function install(): void {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', consumer], { cwd: client })
  const [{ filename }] = JSON.parse(String(packed))
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
  npmInstall(`./${filename}`, `typescript@${versions.typescript}`)
}

function npmInstall(...packages: string[]): void {
  const options = ['install', '--save-exact', '--prefer-offline', '--no-audit', '--no-fund']
  execFileSync('npm', [...options, ...packages], { cwd: consumer, stdio: 'ignore' })
}

function checkTypes(example: string): void {
  const source = readFileSync(join(client, 'testing', example), 'utf8')
  writeFileSync(join(consumer, 'consumer.ts'), source)
  assert.deepEqual(faultyLines(), linesWith(source, '// wrong'))
}

// An error in a library counts as line 0, so that it is never expected.
function faultyLines(): number[] {
  const compiler = join(consumer, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [compiler, '--pretty', 'false'], { cwd: consumer, encoding: 'utf8' })
  const faults = stdout.split('\n').filter((line) => line.includes('error TS'))
  const lines = faults.map((line) => Number(/^consumer\.ts\((\d+),/.exec(line)?.[1] ?? 0))
  if (lines.includes(0)) console.error(stdout)
  return lines
}

function linesWith(source: string, mark: string): number[] {
  return source.split('\n').flatMap((line, index) => (line.includes(mark) ? [index + 1] : []))
}
