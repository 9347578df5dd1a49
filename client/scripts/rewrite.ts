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
 * Writes the description of each procedure above its type in the declaration of the router, where editors show it.
 *
 * @param descriptions texts of one or more lines, by the names of procedures, such as `posts.create`
 * @throws Error if the declaration lacks one of the procedures
 */
export function addDescriptions(declaration: string, descriptions: ReadonlyMap<string, string>): string {
  const missing = new Set(descriptions.keys())
  let noun = ''
  const lines = declaration.split('\n').map((line) => {
    noun = /^ {4}(\w+): \{$/.exec(line)?.[1] ?? noun
    const [, verb = ''] = /^ {8}(\w+): TRPC\w+Procedure</.exec(line) ?? []
    const text = descriptions.get(`${noun}.${verb}`)
    if (text === undefined) return line
    missing.delete(`${noun}.${verb}`)
    return `        ${commentOf(text)}\n${line}`
  })
  if (missing.size > 0) throw new Error(`The declaration of the router lacks: ${[...missing].join(', ')}`)
  return lines.join('\n')
}

function commentOf(text: string): string {
  const [first = '', ...others] = text.replaceAll('*/', '*\u200b/').split('\n')
  if (others.length === 0) return `/** ${first} */`
  const lines = [first, ...others]
  return ['/**', ...lines.map((line) => `         * ${line}`.trimEnd()), '         */'].join('\n')
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
