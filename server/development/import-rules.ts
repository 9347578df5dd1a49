import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'oxc-parser'

/** Reads every import of the repository, including those of types, and returns those that violate a rule. */
export function findImportFaults(root: string): string[] {
  const files = listFiles(root, ['server', 'client', 'prisma'])
  const imports = files.flatMap((file) => importsOf(root, file, new Set(files)))
  return [...imports.flatMap(brokenRules), ...findCycles(imports)]
}

interface Import {
  from: string
  /** A file of the repository, or the name of a package. */
  to: string
  isPackage: boolean
}

interface Rule {
  name: string
  from: RegExp
  except?: RegExp
  /** What the files may import, or what they may not. */
  only?: RegExp
  never?: RegExp
  /** The packages that the files may import; all by default. */
  packages?: RegExp
}

const tests = /\.(test|test-support|browser)\.ts$|^server\/testing\/|^client\/testing\//

/** The directions of docs/architecture.md. Files for tests may import anything. */
export const importRules: readonly Rule[] = [
  {
    name: 'core imports no feature, no root file and no other zone',
    from: /^server\/core\//,
    only: /^server\/(core|generated)\//,
  },
  {
    name: 'features import core, other features and procedures.ts',
    from: /^server\/features\//,
    only: /^server\/(core|generated|features)\/|^server\/procedures\.ts$/,
  },
  {
    name: 'what is built imports neither development/ nor testing/',
    from: /^server\/(?!development\/|testing\/|run\.mjs$)/,
    never: /^server\/(development|testing)\//,
  },
  {
    name: 'schema.ts imports zod and other schema.ts files',
    from: /^server\/.*\/schema\.ts$/,
    only: /\/schema\.ts$/,
    packages: /^zod$/,
  },
  {
    name: 'only the router.ts of a feature uses HTTP',
    from: /^server\/features\//,
    except: /\/router\.ts$/,
    never: /^fastify$|^@fastify\/|^@trpc\/|^server\/core\/http\/|^server\/(core\/)?procedures\.ts$|\/router\.ts$/,
  },
  {
    name: 'the client imports schema.ts files and the type of the router',
    from: /^client\/(?!scripts\/)/,
    except: /^client\/app-router\.ts$/,
    never: /^(server|prisma)\/(?!.*\/schema\.ts$)/,
  },
]

function brokenRules({ from, to, isPackage }: Import): string[] {
  if (tests.test(from)) return []
  return importRules
    .filter((rule) => rule.from.test(from) && !rule.except?.test(from))
    .filter(({ only, never, packages }) => {
      if (never?.test(to)) return true
      const allowed = isPackage ? packages : only
      return allowed !== undefined && !allowed.test(to)
    })
    .map(({ name }) => `${from} imports ${to}: ${name}.`)
}

function listFiles(root: string, folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.posix.join(folder, name))
      .filter((name) => /\.(ts|mjs)$/.test(name) && !/(^|\/)(dist|generated|node_modules)\//.test(name)),
  )
}

function importsOf(root: string, file: string, files: ReadonlySet<string>): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8')
  const { module, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1)),
    // The parser does not report `import('...')` used as a type.
    ...[...text.matchAll(/\bimport\('([^']+)'\)/g)].flatMap(([, request]) => request ?? []),
  ]
  return [...new Set(requests)].map((request) => ({
    from: file,
    to: resolve(file, request, files),
    isPackage: !request.startsWith('.'),
  }))
}

function resolve(file: string, request: string, files: ReadonlySet<string>): string {
  if (!request.startsWith('.')) return request
  const target = path.posix.join(path.posix.dirname(file), request)
  return files.has(target) ? target : target.replace(/\.js$/, '.ts')
}

/** Finds import cycles (Tarjan 1972: the strongly connected components). */
function findCycles(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>()
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to])
  const numbers = new Map<string, { index: number; lowest: number }>()
  const stack: string[] = []
  const cycles: string[] = []
  function visit(file: string): { index: number; lowest: number } {
    const own = { index: numbers.size, lowest: numbers.size }
    numbers.set(file, own)
    stack.push(file)
    for (const to of targets.get(file) ?? []) {
      const seen = numbers.get(to)
      if (!seen) own.lowest = Math.min(own.lowest, visit(to).lowest)
      else if (stack.includes(to)) own.lowest = Math.min(own.lowest, seen.index)
      if (to === file) cycles.push(`${file} imports itself.`)
    }
    if (own.lowest === own.index) {
      const cycle = stack.splice(stack.indexOf(file))
      if (cycle.length > 1) cycles.push(`${cycle.join(', ')} import each other in a cycle.`)
    }
    return own
  }
  for (const file of targets.keys()) if (!numbers.has(file)) visit(file)
  return cycles
}
