import { z } from 'zod'

const itemsMax = 100
const size = z.int().min(1).max(itemsMax)
const pageNumber = z.int().min(1).max(1_000_000)

/** The maximum number of items on a page. */
export const limitSchema = size.default(20).describe('The maximum number of items on the page.')

/** The same for a cursor page, which also ends if its items are too large. */
const cursorLimitSchema = limitSchema.describe(
  'The maximum number of items on the page. A page has fewer items if more would exceed 1 MiB of JSON.',
)

/** The number of an offset page, starting at 1. */
export const pageNumberSchema = pageNumber.default(1).describe('The number of the page, starting at 1.')

// The longest position, one of a search by relevance, has about 200 characters.
const cursorSchema = z.string().max(1000)

/** The keys by which an input asks for a cursor page, for `z.strictObject` and `.extend()`. */
export const cursorPageInput = {
  limit: cursorLimitSchema,
  cursor: cursorSchema.optional().describe('The `meta.nextCursor` of the previous page. The value is opaque.'),
}

const cursorMetaSchema = z
  .object({
    limit: size,
    nextCursor: cursorSchema.nullable().describe('The `cursor` of the next page; null on the last page.'),
    hasMore: z
      .boolean()
      .describe(
        'Whether another page follows. A page may hold fewer items than `limit`, or none, and not be the last.',
      ),
  })
  .meta({ id: 'CursorMeta' })

const offsetMetaSchema = z
  .object({
    total: z.int().min(0).max(1_000_000_000_000).describe('The number of items on all pages.'),
    page: pageNumber,
    limit: size,
  })
  .meta({ id: 'OffsetMeta' })

/** A page of a large set. It starts at a cursor and has no total. */
export function cursorPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item).max(itemsMax), meta: cursorMetaSchema })
}

/** A page with its number and the total number of items. */
export function offsetPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item).max(itemsMax), meta: offsetMetaSchema })
}
