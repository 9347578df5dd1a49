import type { z } from 'zod'
import { Prisma } from '../../generated/client.js'
import { runAgain } from './errors.js'
import type { ConnectionPool } from './pool.js'
import { nameOfStatement } from './statement-names.js'

/** The models whose rows are deleted by a time in `deletedAt`. */
type SoftDeletedModel = {
  [Model in Prisma.ModelName]: 'deletedAt' extends keyof Prisma.TypeMap['model'][Model]['payload']['scalars']
    ? Model
    : never
}[Prisma.ModelName]

/** The same, at run time. */
export const softDeletedModels = Object.values(Prisma.ModelName).filter(
  (model) => 'deletedAt' in Prisma[`${model}ScalarFieldEnum`],
)

/**
 * The rows of a model that are not deleted, for `FROM` and `JOIN`: `FROM ${living('Post')} p`. PostgreSQL plans it as if
 * the condition stood in `WHERE`.
 *
 * @public for the reads of a feature, also if none needs it
 */
export function living(model: SoftDeletedModel): Prisma.Sql {
  return Prisma.raw(livingText(model))
}

function livingText(model: string): string {
  return `(SELECT * FROM "${model}" WHERE "${model}"."deletedAt" IS NULL)`
}

/** A value that is given each time the statement is sent. */
class Parameter {
  constructor(readonly name: string) {}
}

/** A SELECT that was written once; see {@link preparedRead}. */
export interface PreparedRead<Schema extends z.ZodType, Name extends string> {
  schema: Schema
  statement: { name: string; text: string }
  names: readonly Name[]
}

/**
 * Prepares a SELECT: PostgreSQL parses and plans it once for each connection, and this process writes its text once. Call
 * it outside of functions, or once for each {@link variants variant} of a query.
 *
 * The SQL must read soft-deleted models from {@link living}. All values must be parameters, because a value of one request
 * would be sent for all others; what is constant stands in the text.
 *
 * @public for the reads of a feature, also if none needs it
 * @param schema checks each row
 * @param write writes the SQL with a parameter of each name: `({ id }) => Prisma.sql\`... WHERE p."id" = ${id}::uuid\``
 * @throws Error for other SQL
 */
export function preparedRead<Schema extends z.ZodType, Name extends string>(
  schema: Schema,
  names: readonly Name[],
  write: (parameters: Readonly<Record<string, Parameter>>) => Prisma.Sql,
): PreparedRead<Schema, Name> {
  const { text, values } = write(Object.fromEntries(names.map((name) => [name, new Parameter(name)])))
  assertLiving(text)
  return {
    schema,
    statement: { name: nameOfStatement(text), text },
    names: values.map((value) => nameIn(names, value)),
  }
}

function nameIn<Name extends string>(names: readonly Name[], value: unknown): Name {
  const known = names.find((name) => value instanceof Parameter && value.name === name)
  if (known === undefined) throw new Error('A prepared read has a value that is not a parameter.')
  return known
}

/**
 * Remembers what is written for each variant of a query, such as its order. There must be few of them.
 *
 * @public for the reads of a feature, also if none needs it
 */
export function variants<Variant extends object, Written>(write: (variant: Variant) => Written) {
  const known = new Map<string, Written>()
  return (variant: Variant): Written => {
    const key = JSON.stringify(variant)
    const written = known.get(key) ?? write(variant)
    known.set(key, written)
    return written
  }
}

interface ReaderOptions {
  pool: ConnectionPool
  onStatement?: ((sql: string) => void) | undefined
}

/**
 * Creates the function that sends prepared reads past Prisma, on the same connections, with the same time limits and
 * repetitions. It is for the few reads of which a profile says that Prisma is their cost; everything else uses Prisma.
 *
 * The function throws ZodError for a row that its schema rejects, and what the driver throws.
 */
export function createReader({ pool, onStatement }: ReaderOptions) {
  return async <Schema extends z.ZodType, Name extends string>(
    { schema, statement, names }: PreparedRead<Schema, Name>,
    given: Readonly<Record<Name, unknown>>,
  ): Promise<z.output<Schema>[]> => {
    onStatement?.(statement.text)
    const query = { name: statement.name, text: statement.text, values: names.map((name) => given[name]) }
    const { rows } = await runAgain(() => pool.send(query), true)
    return rows.map((row) => schema.parse(row))
  }
}

function assertLiving(text: string): void {
  const rest = softDeletedModels.reduce((left, model) => left.replaceAll(livingText(model), ''), text)
  const model = softDeletedModels.find((name) => rest.includes(`"${name}"`))
  if (model) throw new Error(`The query reads ${model} rows that may be deleted. Read them from living('${model}').`)
}
