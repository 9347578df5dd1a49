import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../../errors.js'

/** A list as one client asks for it: its name, order and filters. A cursor counts for the scope it was made in alone. */
export type CursorScope = readonly (string | number | null | undefined)[]

type Position = readonly (string | number)[]

/** A time in a position, as `toISOString` writes it. PostgreSQL has no year 0. */
export const positionTime = z.iso.datetime({ precision: 3 }).refine((time) => time >= '0001')

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
 * @throws AppError BAD_REQUEST for a cursor that is damaged or made for another list, order or filter
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

/**
 * Cuts a page from rows of which one more was read than the page holds.
 *
 * @param cursorOf makes the cursor behind the page's last row
 */
export function cutPage<Row>(rows: readonly Row[], limit: number, cursorOf: (last: Row) => string) {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const hasMore = rows.length > limit
  return { items, meta: { limit, nextCursor: hasMore && last ? cursorOf(last) : null, hasMore } }
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
  return new AppError('BAD_REQUEST', {
    message: 'The cursor is broken, or belongs to a list with another filter or order.',
  })
}
