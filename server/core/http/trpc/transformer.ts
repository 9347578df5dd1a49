import superjson, { type SuperJSONResult } from 'superjson'
import { BadRequestError } from '../../errors.js'
import { isRecord } from '../../unknown-values.js'
import { checkShape } from '../json-input.js'

/**
 * The superjson transformer of the server. Outputs may contain every type of superjson. Inputs may contain `undefined`,
 * `Date` and the numbers that JSON lacks, each annotated by its path. Restoring other types of superjson can cost more
 * than sending them.
 *
 * `input.deserialize` throws BadRequestError for all other annotations, and for shapes that `checkShape` rejects.
 */
export const transformer = {
  input: {
    serialize: superjson.serialize,
    deserialize({ json, meta }: SuperJSONResult): unknown {
      if (!isPlain(meta)) throw new BadRequestError({ message: 'The input contains a type that is not supported.' })
      const input = meta ? superjson.deserialize({ json, meta }, { inPlace: true }) : json
      // Checked afterwards, because superjson creates values for annotations with paths that do not exist.
      checkShape(input)
      return input
    },
  },
  output: superjson,
}

const types: ReadonlySet<unknown> = new Set(['undefined', 'Date', 'number'])

// One type for the whole input, or types by paths. superjson only uses trees below types that are not supported.
function isPlain(meta: unknown): boolean {
  if (meta === undefined || meta === null) return true
  if (!isRecord(meta)) return false
  const { values = {}, v = 1, ...others } = meta
  const isFlat = isType(values) || (isRecord(values) && Object.values(values).every(isType))
  return isFlat && typeof v === 'number' && Object.keys(others).length === 0
}

function isType(tree: unknown): boolean {
  return Array.isArray(tree) && tree.length === 1 && types.has(tree[0])
}
