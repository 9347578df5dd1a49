import superjson, { type SuperJSONResult } from 'superjson'

/**
 * The superjson transformer in the form that the server accepts. It omits annotations about objects that occur twice in
 * an input, because the server rejects them and receives the values in both places anyway.
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
