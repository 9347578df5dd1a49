import { type Import, readSources, type Source } from './import-reader.js'

/** Reads every import of the repository, including those of types, and returns those that violate a rule. */
export function findImportFaults(root: string): string[] {
  const sources = readSources(root, ['server', 'client', 'prisma'])
  const imports = sources.flatMap((source) => source.imports)
  return [...imports.flatMap(brokenRules), ...sources.flatMap(evasionsOf), ...findCycles(imports)]
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

const tests = /\.(test|test-support)\.ts$|^server\/testing\/|^client\/testing\//
const unbuilt = /^server\/(development\/|testing\/|run\.mjs$)|^client\/scripts\/|^prisma\/|\/seed\.ts$/

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
    never: /^server\/(development|testing)\/|^(bench|client|examples)\/|\.(test|test-support|browser)\.ts$|\/seed\.ts$/,
  },
  {
    name: 'schema.ts imports zod and other schema.ts files',
    from: /^server\/(.*\/)?schema\.ts$/,
    only: /\/schema\.ts$/,
    packages: /^zod$/,
  },
  {
    name: 'only the router.ts of a feature uses HTTP',
    from: /^server\/features\//,
    except: /^server\/features\/[^/]+\/router\.ts$/,
    never:
      /^(@?fastify|@trpc)([/-]|$)|^(node:)?https?2?$|^server\/core\/http\/|^server\/(core\/)?procedures\.ts$|\/router\.ts$/,
  },
  {
    name: 'features reach the database and the queue through core',
    from: /^server\/features\//,
    never: /^(pg|graphile-worker|@prisma\/.*)$/,
  },
  {
    name: '`process` is the global object',
    from: /^(server|client)\//,
    never: /^(node:)?process$/,
  },
  {
    name: 'packages are not loaded by a function',
    from: /^server\/(core|features)\/|^client\/(?!scripts\/)/,
    except: /^server\/core\/(logger|security\/rate-limit-redis)\.ts$/,
    never: /^(node:)?module$/,
  },
  {
    name: 'the client imports schema.ts files and the type of the router',
    from: /^client\/(?!scripts\/)/,
    except: /^client\/app-router\.ts$/,
    never: /^(server|prisma|bench)\/(?!.*\/schema\.ts$)|^client\/(testing|scripts)\/|\.(test|browser)\.ts$/,
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

function evasionsOf({ file, evasions }: Source): string[] {
  return tests.test(file) || unbuilt.test(file) ? [] : evasions.map((evasion) => `${file} ${evasion}.`)
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
