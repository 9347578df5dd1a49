import { z } from 'zod'

/** How many items a page holds. */
export const limitSchema = z.int().min(1).max(100).default(20)

/** Which offset page, counted from 1. */
export const pageNumberSchema = z.int().min(1).max(1_000_000).default(1)

/** Where a cursor page starts: `meta.nextCursor` of the page before it. */
export const cursorSchema = z.string()

/** A page of a large set: it goes on from a cursor and is never counted. */
export function cursorPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    meta: z.object({ limit: z.int(), nextCursor: z.string().nullable(), hasMore: z.boolean() }),
  })
}

/** A page with its number, and how many items there are in all. */
export function offsetPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    meta: z.object({ total: z.int(), page: z.int(), limit: z.int() }),
  })
}
