import { z } from 'zod'

/** How many items a page holds. */
export const limitSchema = z.int().min(1).max(100).default(20).describe('How many items the page holds.')

/** The same for a cursor page, which also ends where its items weigh too much. */
export const cursorLimitSchema = limitSchema.describe(
  'How many items the page holds at most. It ends earlier where its items would exceed 1 MiB of JSON in all.',
)

/** Which offset page, counted from 1. */
export const pageNumberSchema = z.int().min(1).max(1_000_000).default(1).describe('Which page, counted from 1.')

/** Where a cursor page starts: `meta.nextCursor` of the page before it. */
export const cursorSchema = z.string().describe('Where to go on: `meta.nextCursor` of the page before. Opaque.')

const cursorMetaSchema = z
  .object({
    limit: z.int(),
    nextCursor: z.string().nullable().describe('What to send as `cursor` for the next page; null on the last.'),
    hasMore: z
      .boolean()
      .describe(
        'Whether another page follows. A page may hold fewer items than `limit`, or none, and not be the last.',
      ),
  })
  .meta({ id: 'CursorMeta' })

const offsetMetaSchema = z
  .object({ total: z.int().describe('How many items there are on all pages.'), page: z.int(), limit: z.int() })
  .meta({ id: 'OffsetMeta' })

/** A page of a large set: it goes on from a cursor and is never counted. */
export function cursorPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), meta: cursorMetaSchema })
}

/** A page with its number, and how many items there are in all. */
export function offsetPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), meta: offsetMetaSchema })
}
