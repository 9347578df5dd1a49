import { z } from 'zod'
import { Prisma } from '../../generated/client.js'
import { isRecord } from '../unknown-values.js'

/** For `where: { AND: [includingDeleted, ...] }`, to also read soft-deleted rows. */
export const includingDeleted = { OR: [{ deletedAt: null }, { deletedAt: { not: null } }] }

/**
 * A Prisma extension that hides soft-deleted rows from every read and update of every model with a `deletedAt` column,
 * in nested lists and counts too. A `where` that names `deletedAt` itself is left as it is. Hard deletes of such models
 * are rejected, and so are nested changes, to which no condition can be added.
 *
 * What is hidden never depends on what is selected. A row whose parent is deleted is hidden by the `where` of the
 * service, as `{ author: { deletedAt: null } }`, in lists, counts and single reads alike. The statement recorder of the
 * suite fails where a query reads a parent without that condition, as it does for raw SQL and relation filters.
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
          assertNoNestedChange(models, model, args)
          return query(guardOperation(models, { model, operation }, args))
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

function guardOperation<T>(models: Models, { model, operation }: { model: string; operation: string }, args: T): T {
  return operationsWithWhere.has(operation) ? guard(models, model, args) : guardNested(models, model, args)
}

/** Adds the conditions to `where`, and to lists inside `include` and `select`. */
function guard<T>(models: Models, model: string, args: T): T {
  const given: Args = isRecord(args) ? args : {}
  const where: Args = isRecord(given.where) ? given.where : {}
  const isHidden = models.get(model)?.isSoftDeleted && !namesDeletedAt(where)
  const nested = guardNested(models, model, args)
  return isHidden ? { ...nested, where: { ...where, deletedAt: null } } : nested
}

// Most calls select no list, so nothing is copied for them.
function guardNested<T>(models: Models, model: string, args: T): T {
  if (!isRecord(args)) return args
  let guarded: T = args
  for (const key of ['include', 'select'] as const) {
    const selection = args[key]
    if (!isRecord(selection)) continue
    const own = guardSelection(models, model, selection)
    if (own !== selection) guarded = { ...guarded, [key]: own }
  }
  return guarded
}

function guardSelection(models: Models, model: string, selection: Args): Args {
  let guarded = selection
  for (const key of Object.keys(selection)) {
    const own = guardField(models, model, { key, value: selection[key] })
    if (own !== selection[key]) guarded = { ...guarded, [key]: own }
  }
  return guarded
}

function guardField(models: Models, model: string, { key, value }: { key: string; value: unknown }): unknown {
  if (!value) return value
  if (key === '_count') return { select: guardSelection(models, model, countedIn(models, model, value)) }
  const relation = models.get(model)?.relations.get(key)
  if (!relation) return value
  if (relation.isList) return emptyToTrue(guard(models, relation.target, isRecord(value) ? value : {}))
  return guardNested(models, relation.target, value)
}

/** The relations that `_count` counts: those that it selects, or with `_count: true` all lists. */
function countedIn(models: Models, model: string, count: unknown): Args {
  if (isRecord(count) && isRecord(count.select)) return count.select
  const relations = [...(models.get(model)?.relations ?? [])]
  return Object.fromEntries(relations.filter(([, { isList }]) => isList).map(([name]) => [name, true]))
}

function emptyToTrue(args: Args): Args | true {
  return Object.keys(args).length === 0 ? true : args
}

const nestedChanges = ['update', 'updateMany', 'upsert', 'delete', 'deleteMany']
// These change the foreign keys of the rows in a list, of removed ones too.
const listChanges = ['connect', 'connectOrCreate', 'disconnect', 'set']

/** @throws Error for `data` that changes rows of another soft-deleted model through a relation, at any depth */
function assertNoNestedChange(models: Models, model: string, args: unknown): void {
  if (!isRecord(args)) return
  for (const key of ['data', 'create', 'update']) {
    for (const data of [args[key]].flat()) if (isRecord(data)) assertPlain(models, model, data)
  }
}

function assertPlain(models: Models, model: string, data: Args): void {
  for (const [field, write] of Object.entries(data)) {
    const relation = models.get(model)?.relations.get(field)
    if (!relation || !isRecord(write)) continue
    const changes = relation.isList ? [...nestedChanges, ...listChanges] : nestedChanges
    const change = changes.find((operation) => operation in write)
    if (change && models.get(relation.target)?.isSoftDeleted) {
      throw new Error(
        `${relation.target} rows are soft-deleted: change them by a call of their own, not by a nested ${change}.`,
      )
    }
    for (const inner of Object.values(write).flat()) assertInner(models, relation.target, inner)
  }
}

// `create: {...}` and `createMany: { data: [...] }` hold rows; `connectOrCreate` and `update` hold them one level down.
function assertInner(models: Models, model: string, inner: unknown): void {
  if (!isRecord(inner)) return
  assertPlain(models, model, inner)
  assertNoNestedChange(models, model, inner)
}

function namesDeletedAt(where: Args): boolean {
  if ('deletedAt' in where) return true
  return ['AND', 'OR'].some((key) => [where[key]].flat().some((part) => isRecord(part) && namesDeletedAt(part)))
}
