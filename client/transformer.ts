import superjson, { type SuperJSONResult } from 'superjson'

/**
 * superjson as the server takes it. What it notes of objects that stand in two places of an input is left out: the
 * server refuses such notes, and has the values in each place anyway.
 */
export const transformer = {
  input: {
    serialize(input: unknown): SuperJSONResult {
      const { json, meta } = superjson.serialize(input)
      if (!meta?.values) return { json }
      const { referentialEqualities: _, ...annotations } = meta
      return { json, meta: annotations }
    },
    deserialize: superjson.deserialize,
  },
  output: superjson,
}
