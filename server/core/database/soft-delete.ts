import { z } from 'zod'
import { Prisma } from '../../generated/client.js'

/** For `where: { AND: [includingDeleted, ...] }`, to also read soft-deleted rows. */
export const includingDeleted = { OR: [{ deletedAt: null }, { deletedAt: { not: null } }] }

/**
 * A Prisma extension that hides soft-deleted rows from every read and update of every model with a `deletedAt` column,
 * also in nested lists and counts. A row is also hidden if a selected to-one relation is soft-deleted: the posts of a
 * deleted user are visible again when the user is restored. A `where` that names `deletedAt` is not changed. Permanent
 * deletes of these models throw.
 *
 * It does not see raw SQL and relation filters inside `where`; the statement recorder of the tests checks those.
 */
export function softDelete(client: object) {
  const models = readModels(client)
  return Prisma.defineExtension({
    name: 'soft-delete',
    query: {
      $allModels: {
        $allOperations({ model, operation, args, query }) {
          if (operation.startsWith('delete') && models.get(model)?.isSoftDeleted) {
            throw new Error(`${model} rows are soft-deleted: set deletedAt instead of calling ${operation}.`)
          }
          return query(
            operationsWithWhere.has(operation) ? guard(models, model, args) : guardNested(models, model, args),
          )
        },
      },
    },
  })
}

const operationsWithWhere = new Set([
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'findMany',
  'count',
  'aggregate',
  'groupBy',
  'update',
  'updateMany',
  'updateManyAndReturn',
  'upsert',
])

interface Model {
  isSoftDeleted: boolean
  relations: Map<string, { target: string; isList: boolean }>
}
type Models = Map<string, Model>
type Args = Record<string, unknown>

const runtimeModels = z.object({
  models: z.record(
    z.string(),
    z.object({ fields: z.array(z.object({ name: z.string(), kind: z.string(), type: z.string() })) }),
  ),
})

// The client knows its models at run time, but not which relations are lists. By convention, which a test checks, a
// relation `author` beside a column `authorId` is to-one.
function readModels(client: object): Models {
  const { models } = runtimeModels.parse(Reflect.get(client, '_runtimeDataModel'))
  return new Map(
    Object.entries(models).map(([name, { fields }]) => {
      const columns = new Set(fields.filter(({ kind }) => kind !== 'object').map((field) => field.name))
      const relations = fields
        .filter(({ kind }) => kind === 'object')
        .map((field) => [field.name, { target: field.type, isList: !columns.has(`${field.name}Id`) }] as const)
      return [name, { isSoftDeleted: columns.has('deletedAt'), relations: new Map(relations) }]
    }),
  )
}

/** Adds the conditions to `where`, and to lists inside `include` and `select`. */
function guard<T>(models: Models, model: string, args: T): T {
  const given: Args = isArgs(args) ? args : {}
  const where: Args = isArgs(given.where) ? given.where : {}
  const isHidden = models.get(model)?.isSoftDeleted && !namesDeletedAt(where)
  const dead = deadRelations(models, model, given)
  const nested = guardNested(models, model, args)
  if (!isHidden && dead.length === 0) return nested
  const and = [...[where.AND ?? []].flat(), ...dead.map((condition) => ({ NOT: condition }))]
  return {
    ...nested,
    where: { ...where, ...(isHidden && { deletedAt: null }), ...(and.length > 0 && { AND: and }) },
  }
}

function guardNested<T>(models: Models, model: string, args: T): T {
  if (!isArgs(args)) return args
  const guarded: Args = {}
  for (const key of ['include', 'select'] as const) {
    const selection = args[key]
    if (isArgs(selection)) guarded[key] = guardSelection(models, model, selection)
  }
  return { ...args, ...guarded }
}

function guardSelection(models: Models, model: string, selection: Args): Args {
  return Object.fromEntries(
    Object.entries(selection).map(([key, value]) => {
      if (key === '_count' && isArgs(value) && isArgs(value.select)) {
        return [key, { ...value, select: guardSelection(models, model, value.select) }]
      }
      const relation = models.get(model)?.relations.get(key)
      if (!relation || !value) return [key, value]
      if (relation.isList) return [key, emptyToTrue(guard(models, relation.target, isArgs(value) ? value : {}))]
      return [key, guardNested(models, relation.target, value)]
    }),
  )
}

function emptyToTrue(args: Args): Args | true {
  return Object.keys(args).length === 0 ? true : args
}

// For each selected to-one relation, the condition that its row is soft-deleted.
function deadRelations(models: Models, model: string, args: Args): Args[] {
  const selection = isArgs(args.include) ? args.include : isArgs(args.select) ? args.select : {}
  return Object.entries(selection).flatMap(([key, value]) => {
    const relation = models.get(model)?.relations.get(key)
    if (!relation || relation.isList || !value) return []
    const dead = [
      ...(models.get(relation.target)?.isSoftDeleted ? [{ deletedAt: { not: null } }] : []),
      ...deadRelations(models, relation.target, isArgs(value) ? value : {}),
    ]
    return dead.length === 0 ? [] : [{ [key]: dead.length === 1 ? dead[0] : { OR: dead } }]
  })
}

function namesDeletedAt(where: Args): boolean {
  if ('deletedAt' in where) return true
  return ['AND', 'OR'].some((key) => [where[key]].flat().some((part) => isArgs(part) && namesDeletedAt(part)))
}

function isArgs(value: unknown): value is Args {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
