import { parseSync } from 'oxc-parser'

/**
 * Makes a built `schema.ts` file fit for a bundle: it takes its Zod from the given module, and each of its constants is
 * marked as free of side effects, so that a bundler drops the ones that a form does not use.
 */
export function slimSchemas(code: string, fluentZod: string): string {
  return constantsOf(code)
    .toReversed()
    .reduce((text, { start, end }) => {
      const expression = text.slice(start, end)
      return `${text.slice(0, start)}/* @__PURE__ */ (() => (${expression}))()${text.slice(end)}`
    }, code)
    .replace(/^import \{ z \} from 'zod';?$/m, `import * as z from '${fluentZod}';`)
}

/**
 * Writes the summary of each procedure above its type in the declaration of the router, where editors show it.
 *
 * @param summaries by the names of procedures, such as `posts.create`
 * @throws Error if the declaration lacks one of the procedures
 */
export function addSummaries(declaration: string, summaries: ReadonlyMap<string, string>): string {
  const missing = new Set(summaries.keys())
  let noun = ''
  const lines = declaration.split('\n').map((line) => {
    noun = /^ {4}(\w+): \{$/.exec(line)?.[1] ?? noun
    const [, verb = ''] = /^ {8}(\w+): TRPC\w+Procedure<\{$/.exec(line) ?? []
    const summary = summaries.get(`${noun}.${verb}`)
    if (summary === undefined) return line
    missing.delete(`${noun}.${verb}`)
    return `        /** ${summary.replaceAll('*/', '*\u200b/')}. */\n${line}`
  })
  if (missing.size > 0) throw new Error(`The declaration of the router lacks: ${[...missing].join(', ')}`)
  return lines.join('\n')
}

/**
 * Writes the names of the procedures that create once into the built `creations.js`.
 *
 * @throws Error if the file is not as expected
 */
export function addCreations(code: string, names: readonly string[]): string {
  const empty = 'new Set()'
  if (!code.includes(empty)) throw new Error(`creations.js lacks ${empty}.`)
  return code.replace(empty, `new Set(${JSON.stringify(names)})`)
}

interface Span {
  start: number
  end: number
}

function constantsOf(code: string): Span[] {
  const { program, errors } = parseSync('schema.js', code)
  if (errors[0]) throw new Error(errors[0].message)
  return program.body.flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration') return []
    return declaration.declarations.flatMap(({ init }) => (init && init.type !== 'Literal' ? [init] : []))
  })
}
