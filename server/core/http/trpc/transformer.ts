import superjson, { type SuperJSONResult } from 'superjson'
import { BadRequestError } from '../../errors.js'
import { checkShape } from '../json-input.js'
import { isRecord } from '../records.js'

/**
 * superjson as the server speaks it. Outputs may hold all that superjson knows. Inputs may hold `undefined`, `Date` and
 * the numbers that JSON lacks, named one by one by their paths: what superjson knows beyond that costs more to rebuild
 * than to send.
 *
 * `input.deserialize` throws BadRequestError for all other annotations, and for what `checkShape` refuses.
 */
export const transformer = {
  input: {
    serialize: superjson.serialize,
    deserialize({ json, meta }: SuperJSONResult): unknown {
      if (!isPlain(meta)) throw new BadRequestError({ message: 'The input contains a type that is not supported.' })
      const input = meta ? superjson.deserialize({ json, meta }, { inPlace: true }) : json
      // Afterwards, as an annotation may name a place that does not exist and superjson makes it.
      checkShape(input)
      return input
    },
  },
  output: superjson,
}

const types: ReadonlySet<unknown> = new Set(['undefined', 'Date', 'number'])

// One type for the whole input, or types by paths. superjson writes trees only below types that are not taken.
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
