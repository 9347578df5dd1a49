import * as mini from 'zod/mini'

/**
 * The notation of Zod that the `schema.ts` files of the server use, built on `zod/mini`. The build of the package puts
 * it in the place of `zod`, whose methods bring all of Zod along, so that a form loads a tenth of the code. What a
 * `schema.ts` file uses beyond it, such as another method of strings, has to be added here.
 */
export const string = () => fluent(mini.string())
export const email = (params?: { pattern: RegExp }) => fluent(mini.email(params))
export const url = (params?: { protocol: RegExp }) => fluent(mini.url(params))
export const guid = (message?: string) => fluent(mini.guid(message))
export const uuid = (message?: string) => fluent(mini.uuid(message))
export const number = () => fluent(mini.number(), amounts)
export const int = () => fluent(mini.int(), amounts)
export const date = () => fluent(mini.date(), amounts)
export const array = (item: Schema) => fluent(mini.array(item))
export const boolean = () => fluent(mini.boolean())
export const unknown = () => fluent(mini.unknown())
export const literal = (value: string | number | boolean) => fluent(mini.literal(value))
export const union = (options: readonly Schema[]) => fluent(mini.union(options))
export const record = (key: mini.ZodMiniString, value: Schema) => fluent(mini.record(key, value))
export const object = (shape: Shape) => fluentObject(mini.object(shape))
export const strictObject = (shape: Shape) => fluentObject(mini.strictObject(shape))
export const preprocess = (prepare: (value: unknown) => unknown, schema: Schema) =>
  fluent(mini.pipe(mini.transform(prepare), schema))
export const iso = {
  datetime: (params?: { offset?: boolean }) => fluent(mini.iso.datetime(params)),
}
const oneOf = (values: readonly string[]) => fluent(mini.enum(values))
const nothing = () => fluent(mini.null())

/** Keeps the language of the app, if it has chosen one before. */
export const config = (changes: typeof mini.core.globalConfig) => mini.config(mini.config().localeError ? {} : changes)

export { nothing as null, oneOf as enum }

type Schema = mini.ZodMiniType
type Shape = Record<string, Schema>

interface Fluent extends Schema {
  min(bound: number, message?: string): Fluent
  max(bound: number, message?: string): Fluent
  regex(pattern: RegExp, message?: string): Fluent
  trim(): Fluent
  toLowerCase(): Fluent
  refine(...refinement: Parameters<typeof mini.refine<never>>): Fluent
  pipe(next: Schema): Fluent
  optional(): Fluent
  nullable(): Fluent
  default(value: unknown): Fluent
  describe(): Fluent
  meta(): Fluent
}

const lengths = { min: mini.minLength, max: mini.maxLength }
const amounts = { min: mini.minimum, max: mini.maximum }

function fluent(schema: Schema, bounds: typeof lengths | typeof amounts = lengths): Fluent {
  const checked = (check: mini.core.$ZodCheck) => fluent(withCheck(schema, check), bounds)
  const chain: Fluent = Object.assign(schema, {
    min: (bound: number, message?: string) => checked(bounds.min(bound, message)),
    max: (bound: number, message?: string) => checked(bounds.max(bound, message)),
    regex: (pattern: RegExp, message?: string) => checked(mini.regex(pattern, message)),
    trim: () => checked(mini.trim()),
    toLowerCase: () => checked(mini.toLowerCase()),
    refine: (...refinement: Parameters<Fluent['refine']>) => checked(mini.refine(...refinement)),
    pipe: (next: Schema) => fluent(mini.pipe(schema, next)),
    optional: () => fluent(mini.optional(schema)),
    nullable: () => fluent(mini.nullable(schema)),
    default: (value: {}) => fluent(mini._default(schema, value)),
    describe: () => chain,
    meta: () => chain,
  })
  return chain
}

interface FluentObject extends mini.ZodMiniObject {
  extend(shape: Shape): FluentObject
  partial(): FluentObject
  refine(...refinement: Parameters<typeof mini.refine<never>>): FluentObject
  meta(): FluentObject
}

function fluentObject(schema: mini.ZodMiniObject): FluentObject {
  fluent(schema)
  const chain: FluentObject = Object.assign(schema, {
    extend: (shape: Shape) => fluentObject(mini.extend(schema, shape)),
    partial: () => fluentObject(mini.partial(schema)),
    refine: (...refinement: Parameters<Fluent['refine']>) =>
      fluentObject(withCheck(schema, mini.refine(...refinement))),
    meta: () => chain,
  })
  return chain
}

function withCheck<Kind extends Schema>(schema: Kind, check: mini.core.$ZodCheck): Kind {
  return schema.clone({ ...schema.def, checks: [...(schema.def.checks ?? []), check] }, { parent: true })
}
