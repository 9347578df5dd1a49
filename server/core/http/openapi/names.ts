import { z } from 'zod'
import { featureOf, isPage, type RestProcedure } from '../rest/procedures.js'

/** The names of what an operation sends and returns, each with one that is certainly free. */
export interface OperationNames {
  body: readonly [string, string]
  response: readonly [string, string]
}

/**
 * Names the components of an operation after the row of its feature and its verb: `PostCreateBody`, `PostPage`. Generators
 * turn them into the names of types.
 *
 * @param procedures all of them, because the queries of a feature tell what its row is called
 */
export function namesOf(procedure: RestProcedure, procedures: readonly RestProcedure[]): OperationNames {
  const verb = pascalCase(procedure.path.split('.').at(-1) ?? '')
  const own = rowOf(procedure, procedures) + verb
  const whole = pascalCase(procedure.path)
  return {
    body: [`${own}Body`, `${whole}Body`],
    response: [answerName(procedure.output) ?? `${own}Response`, `${whole}Response`],
  }
}

/** The name of the row that a feature is about, from its queries; that of the feature if they return none that has one. */
function rowOf({ path }: RestProcedure, procedures: readonly RestProcedure[]): string {
  const feature = featureOf(path)
  const queries = procedures.filter((other) => other.type === 'query' && featureOf(other.path) === feature)
  const [name = pascalCase(feature)] = queries.flatMap(({ output }) => metaOf(itemOf(output) ?? output).id ?? [])
  return name
}

/** The description of the first thing with one that procedures return. */
export function descriptionOfRow(procedures: readonly RestProcedure[]): string | undefined {
  return procedures.flatMap(({ output }) => metaOf(itemOf(output) ?? output).description ?? [])[0]
}

function answerName(output: unknown): string | undefined {
  const [own, item] = [metaOf(output).id, metaOf(itemOf(output)).id]
  if (own !== undefined) return `${own}Response`
  return item && `${item}${isPage(output) ? 'Page' : 'List'}`
}

function itemOf(output: unknown): unknown {
  const list = output instanceof z.ZodObject && isPage(output) ? output.shape['items'] : output
  return list instanceof z.ZodArray ? list.element : undefined
}

function metaOf(schema: unknown): z.core.GlobalMeta {
  return (schema instanceof z.ZodType && schema.meta()) || {}
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|[^A-Za-z0-9])(\w)/g, (_, letter: string) => letter.toUpperCase())
}
