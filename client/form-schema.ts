import type { core, ZodMiniType } from 'zod/mini'

/**
 * A schema of the server as a form uses it: `parse` and `safeParse`, what libraries for forms take (Standard Schema, or
 * a type of Zod), and `shape`, from which `z.strictObject({ ...loginSchema.shape, again })` makes another schema.
 */
export type FormSchema<Schema extends core.$ZodObject> = core.$ZodObject<
  FormShape<Schema['_zod']['def']['shape']>,
  core.$strict
> &
  Pick<
    ZodMiniType<core.output<Schema>, core.input<Schema>>,
    'parse' | 'parseAsync' | 'safeParse' | 'safeParseAsync'
  > & {
    shape: FormShape<Schema['_zod']['def']['shape']>
  }

type FormShape<Shape extends core.$ZodShape> = {
  [Key in keyof Shape]: core.$ZodType<
    core.output<Shape[Key]>,
    core.input<Shape[Key]>,
    core.$ZodTypeInternals<core.output<Shape[Key]>, core.input<Shape[Key]>> & Optionality<Shape[Key]['_zod']>
  >
}

type Optionality<Internals> = Pick<Internals, Extract<keyof Internals, 'optin' | 'optout'>>
