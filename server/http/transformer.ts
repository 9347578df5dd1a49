import superjson, { type SuperJSONResult } from 'superjson'
import { isRecord } from './records.js'

/**
 * superjson as the server speaks it. Outputs may hold all that superjson knows; inputs only types whose size is that of
 * their text. A typed array is made from a bare length, so that a request of 60 bytes would fill the memory.
 *
 * `input.deserialize` throws Error for any other type.
 */
export const transformer = {
  input: {
    serialize: superjson.serialize,
    deserialize(serialized: SuperJSONResult): unknown {
      if (!isHarmless(serialized?.meta?.values)) throw new Error('The input names a type that is not taken.')
      return superjson.deserialize(serialized)
    },
  },
  output: superjson,
}

const types: ReadonlySet<unknown> = new Set(['undefined', 'Date', 'number', 'bigint', 'set', 'map', 'URL'])

// A tree is a list of a type and the trees below it, or those alone by their paths.
function isHarmless(tree: unknown): boolean {
  if (isRecord(tree)) return Object.values(tree).every(isHarmless)
  if (!Array.isArray(tree)) return !tree
  const [type, below] = tree
  return types.has(type) && (below === undefined || (isRecord(below) && isHarmless(below)))
}
