import { z } from 'zod'

/** The maximum number of items on a page. */
export const limitSchema = z.int().min(1).max(100).default(20).describe('The maximum number of items on the page.')

/** The same for a cursor page, which also ends if its items are too large. */
const cursorLimitSchema = limitSchema.describe(
  'The maximum number of items on the page. A page has fewer items if more would exceed 1 MiB of JSON.',
)

/** The number of an offset page, starting at 1. */
export const pageNumberSchema = z
  .int()
  .min(1)
  .max(1_000_000)
  .default(1)
  .describe('The number of the page, starting at 1.')

/** The keys by which an input asks for a cursor page, for `z.strictObject` and `.extend()`. */
export const cursorPageInput = {
  limit: cursorLimitSchema,
  cursor: z.string().optional().describe('The `meta.nextCursor` of the previous page. The value is opaque.'),
}

const cursorMetaSchema = z
  .object({
    limit: z.int(),
    nextCursor: z.string().nullable().describe('The `cursor` of the next page; null on the last page.'),
    hasMore: z
      .boolean()
      .describe(
        'Whether another page follows. A page may hold fewer items than `limit`, or none, and not be the last.',
      ),
  })
  .meta({ id: 'CursorMeta' })

const offsetMetaSchema = z
  .object({ total: z.int().describe('The number of items on all pages.'), page: z.int(), limit: z.int() })
  .meta({ id: 'OffsetMeta' })

/** A page of a large set. It starts at a cursor and has no total. */
export function cursorPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), meta: cursorMetaSchema })
}

/** A page with its number and the total number of items. */
export function offsetPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), meta: offsetMetaSchema })
}
