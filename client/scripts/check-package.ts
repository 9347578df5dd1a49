import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guideSources } from './guide.js'
import { checkScale } from './scale.js'

const client = join(import.meta.dirname, '..')
const root = join(client, '..')
const place = mkdtempSync(join(tmpdir(), 'consumers-'))
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
const { name: packageName } = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'))
const load = `import('${packageName}').then((m) => process.stdout.write(typeof m.createApiClient))`
const compiler = 'typescript'
// The last one with an interface for programs, which editors still use.
const formerCompiler = 'typescript-5'

try {
  const packed = pack()
  checkEmptyProject(packed)
  checkReactProject(packed)
  checkWorkspace()
} finally {
  rmSync(place, { recursive: true })
}

/**
 * Uses the packed package as a team does: in a project that has tRPC and the compiler, and nothing of the server. Its
 * types have to hold there with library declarations checked, and its wrong inputs have to be found. The schemas are for
 * those who have Zod as well.
 */
function checkEmptyProject(packed: string): void {
  const folder = createProject('empty')
  npmInstall(folder, packed, ...['@trpc/client', '@trpc/server', 'typescript'].map(withVersion))
  for (const name of ['zod', 'react', 'fastify', '@prisma/client']) {
    assert(!existsSync(join(folder, 'node_modules', name)))
  }
  checkTypes(folder, 'consumer.ts.txt')
  assert.equal(evaluate(load, folder), 'function')
  npmInstall(folder, withVersion('zod'), `${formerCompiler}@npm:typescript@5.9.3`)
  for (const example of ['forms.ts.txt', 'consumer.ts.txt']) {
    checkTypes(folder, example)
    checkTypes(folder, example, formerCompiler)
  }
  checkHover(folder)
  checkScale(folder, join(folder, 'node_modules', compiler, 'bin/tsc'))
  console.log('The packed client installs, loads and type-checks without the server.')
}

/** React Query's integration of tRPC asks for one exact version of tRPC, which npm has to find for the package as well. */
function checkReactProject(packed: string): void {
  const folder = createProject('react', { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true })
  npmInstall(folder, packed, withVersion('typescript'))
  npmInstall(
    folder,
    ...['@trpc/tanstack-react-query', '@tanstack/react-query', 'react', '@types/react'].map(withVersion),
  )
  checkTypes(folder, 'consumer.ts.txt')
  checkTypes(folder, 'react.ts.txt')
  assert.equal(
    evaluate(load.replace(packageName, `${packageName}/react`).replace('createApiClient', 'useApi'), folder),
    'function',
  )
  checkNext(folder)
  checkGuide(folder)
  console.log('The packed client fits beside React Query and Next, and the code of the guides compiles.')
}

/** Bundlers for browsers do not find the entry for Next. */
function checkNext(folder: string): void {
  npmInstall(folder, ...['next', 'react-dom', '@types/node'].map(withVersion))
  checkTypes(folder, 'next.ts.txt')
  const loadNext = load.replace(packageName, `${packageName}/next`).replace('createApiClient', 'sessionProxy')
  assert.equal(evaluate(loadNext, folder), 'function')
  const { exports } = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'))
  assert.equal(exports['./next'].browser, null)
}

function checkGuide(folder: string): void {
  npmInstall(folder, withVersion('zod'))
  cpSync(join(client, 'testing/guide-names.d.ts.txt'), join(folder, 'names.d.ts'))
  // A block of the guide for Next imports what another one defines.
  writeFileSync(join(folder, 'providers.tsx'), 'export const Feed = () => null\n')
  const blocks = guideSources().map((source, index) => ({ name: `block${index}.tsx`, source }))
  for (const { name, source } of blocks) writeFileSync(join(folder, name), source)
  const project = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8'))
  const settings = {
    ...project,
    compilerOptions: { ...project.compilerOptions, jsx: 'react-jsx', noUnusedLocals: false },
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ ...settings, files: [...blocks.map(({ name }) => name), 'names.d.ts'] }),
  )
  assert.deepEqual(faultyLines(folder, compiler), [])
}

/** A workspace of the repository has the package as a link to its folder. */
function checkWorkspace(): void {
  const folder = createProject('workspace')
  const link = join(folder, 'node_modules', packageName)
  mkdirSync(join(link, '..'), { recursive: true })
  symlinkSync(client, link)
  symlinkSync(join(root, 'node_modules', compiler), join(folder, 'node_modules', compiler))
  checkTypes(folder, 'consumer.ts.txt')
  assert.equal(evaluate(load, folder), 'function')
  console.log('A workspace uses the built client without packing.')
}

function pack(): string {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', place], { cwd: client })
  const [{ filename }] = JSON.parse(String(packed))
  return join(place, filename)
}

function createProject(
  name: string,
  options: Partial<Record<keyof typeof compilerOptions | 'moduleResolution', unknown>> = {},
): string {
  const folder = join(place, name)
  mkdirSync(folder)
  const settings = { compilerOptions: { ...compilerOptions, ...options }, files: ['consumer.ts'] }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  return folder
}

function withVersion(name: string): string {
  return `${name}@${versions[name]}`
}

function npmInstall(folder: string, ...packages: string[]): void {
  const options = ['install', '--save-exact', '--prefer-offline', '--no-audit', '--no-fund']
  execFileSync('npm', [...options, ...packages], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
}

function evaluate(code: string, folder: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder, encoding: 'utf8' })
}

function checkTypes(folder: string, example: string, compilerName = compiler): void {
  const source = readFileSync(join(client, 'testing', example), 'utf8')
  writeFileSync(join(folder, 'consumer.ts'), source)
  assert.deepEqual(faultyLines(folder, compilerName), linesWith(source, '// wrong'))
}

// An error in a library counts as line 0, so that it is never expected.
function faultyLines(folder: string, compilerName: string): number[] {
  const command = [join(folder, 'node_modules', compilerName, 'bin/tsc'), '--pretty', 'false']
  const { stdout, stderr, status } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' })
  const faults = stdout.split('\n').filter((line) => line.includes('error TS'))
  assert(status === 0 || faults.length > 0, stderr)
  const lines = faults.map((line) => Number(/^consumer\.ts\((\d+),/.exec(line)?.[1] ?? 0))
  if (lines.includes(0)) console.error(stdout)
  return lines
}

function linesWith(source: string, mark: string): number[] {
  return source.split('\n').flatMap((line, index) => (line.includes(mark) ? [index + 1] : []))
}

// What an editor shows at a call is the description of the procedure.
function checkHover(folder: string): void {
  const position = readFileSync(join(folder, 'consumer.ts'), 'utf8').indexOf('list.query')
  const ask = `
    import ts from '${formerCompiler}'
    const { options } = ts.parseJsonConfigFileContent(JSON.parse(ts.sys.readFile('tsconfig.json')), ts.sys, '.')
    const service = ts.createLanguageService({
      ...ts.sys,
      useCaseSensitiveFileNames: () => true,
      getCompilationSettings: () => options,
      getScriptFileNames: () => ['consumer.ts'],
      getScriptVersion: () => '1',
      getScriptSnapshot: (file) => ts.ScriptSnapshot.fromString(ts.sys.readFile(file) ?? ''),
      getCurrentDirectory: () => process.cwd(),
      getDefaultLibFileName: ts.getDefaultLibFilePath,
    })
    const { documentation } = service.getQuickInfoAtPosition('consumer.ts', ${position})
    process.stdout.write(ts.displayPartsToString(documentation))`
  assert.match(evaluate(ask, folder), /^List users\.\n\nReturns a page of accounts/)
}
