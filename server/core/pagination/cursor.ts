import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type AppError, BadRequestError } from '../errors.js'
import { idSchema } from '../fields/schema.js'

/** A list as one client asks for it: its name, order and filters. A cursor counts for the scope it was made in alone. */
export type CursorScope = readonly (string | number | null | undefined)[]

type Position = readonly (string | number)[]

/** A time in a position, as `toISOString` writes it. PostgreSQL has no year 0. */
export const positionTime = z.iso.datetime({ precision: 3 }).refine((time) => time >= '0001')

/** A place in an order by time: when a row was made, and its id. */
export const timePosition = z.tuple([positionTime, idSchema])

type TimePosition = z.output<typeof timePosition>

/** Finds the place of a row in an order by time. */
export function timePositionOf({ createdAt, id }: { createdAt: Date; id: string }): TimePosition {
  return [createdAt.toISOString(), id]
}

/** The condition of the rows behind a place, newest first. Its first part is what an index starts at. */
export function olderThan([createdAt, id]: TimePosition) {
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }] }
}

/**
 * Makes the cursor that stands behind a row.
 *
 * Its checksum finds damage and a changed filter. It is no signature and needs none: a position is a bound within rows
 * that the client may read anyway.
 */
export function encodeCursor(scope: CursorScope, position: Position): string {
  return Buffer.from(JSON.stringify([checksum(scope, position), ...position])).toString('base64url')
}

/**
 * Reads a cursor back into the position it was made from.
 *
 * @param position what the position has to look like
 * @throws BadRequestError for a cursor that is damaged or made for another list, order or filter
 */
export function decodeCursor<Schema extends z.ZodType<Position, Position>>(
  cursor: string,
  scope: CursorScope,
  position: Schema,
): z.output<Schema> {
  const [, ...values] = envelopeSchema.safeParse(parseJson(cursor)).data ?? []
  const parsed = position.safeParse(values)
  if (!parsed.success || encodeCursor(scope, values) !== cursor) throw brokenCursor()
  return parsed.data
}

/** How many bytes of JSON the items of a page add up to at most. The first item counts even if it alone is larger. */
export const pageBytesMax = 1_048_576

/**
 * Cuts a page from rows of which one more was read than the page holds. The page ends early where its items would exceed
 * {@link pageBytesMax}.
 *
 * @param cursorOf makes the cursor behind the page's last row
 * @param onwards the cursor behind the last row that was looked at, where the rows end before the list does
 */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string,
  onwards: string | null = null,
) {
  const items = rows.slice(0, Math.min(limit, countWithinBytes(rows)))
  const last = items.at(-1)
  const nextCursor = last && items.length < rows.length ? cursorOf(last) : onwards
  return { items, meta: { limit, nextCursor, hasMore: nextCursor !== null } }
}

function countWithinBytes(rows: readonly unknown[]): number {
  let bytes = 0
  const past = rows.findIndex((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row))
    return index > 0 && bytes > pageBytesMax
  })
  return past === -1 ? rows.length : past
}

const envelopeSchema = z.tuple([z.string()], z.union([z.string(), z.number()]))

function parseJson(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

function checksum(scope: CursorScope, position: Position): string {
  const text = JSON.stringify([scope.map((part) => part ?? null), position])
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}

function brokenCursor(): AppError {
  return new BadRequestError({
    message: 'The cursor is malformed, or belongs to a list with a different filter or order.',
  })
}
