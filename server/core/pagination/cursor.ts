import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type AppError, BadRequestError } from '../errors.js'
import { idSchema } from '../fields/schema.js'

/** The name, order and filters of a requested list. A cursor is only valid for the scope in which it was created. */
export type CursorScope = readonly (string | number | null | undefined)[]

type Position = readonly (string | number)[]

/** A time in a position, as `toISOString` writes it. PostgreSQL has no year 0. */
export const positionTime = z.iso.datetime({ precision: 3 }).refine((time) => time >= '0001')

/** A position in an order by time: the creation time of a row and its id. */
export const timePosition = z.tuple([positionTime, idSchema])

export type TimePosition = z.output<typeof timePosition>

interface TimedRow {
  id: string
  createdAt: Date
}

/**
 * Returns the position of a row in an order by time.
 *
 * @param time the time that orders the list, where that is not its creation
 */
export function timePositionOf({ createdAt, id }: TimedRow, time = createdAt): TimePosition {
  return [time.toISOString(), id]
}

/** Which page of a list is requested. */
export interface PageRequest {
  scope: CursorScope
  limit: number
  cursor?: string | undefined
}

/** What a query needs to read the rows of a page. */
interface Part {
  /** The position after which the page begins; undefined for the first page. */
  place: TimePosition | undefined
  /** The condition of a Prisma query for the rows after that position, newest first. An index can use it. */
  after: ReturnType<typeof olderThan>
  /** The order and the number of the rows, as arguments of a Prisma query: one row more than the page has. */
  range: { orderBy: typeof newestFirst; take: number }
}

/**
 * Reads one page of a list that is ordered by time.
 *
 * @param read reads the rows of the page, and one row more
 * @param timeOf the time that orders the list, where that is not the creation of a row
 * @throws BadRequestError for an invalid cursor
 */
export async function readTimePage<Row extends TimedRow>(
  { scope, limit, cursor }: PageRequest,
  read: (part: Part) => Promise<Row[]>,
  timeOf: (row: Row) => Date = ({ createdAt }) => createdAt,
) {
  const place = decodeCursor(cursor, scope, timePosition)
  const rows = await read({ place, after: olderThan(place), range: { orderBy: newestFirst, take: limit + 1 } })
  return cutPage(rows, limit, (last) => encodeCursor(scope, timePositionOf(last, timeOf(last))))
}

/** What a query needs to read a part of all rows, as arguments of a Prisma query. */
interface Range {
  orderBy: { id: 'desc' }
  take: number
  cursor?: { id: string }
  skip?: number
}

const partSize = 50

/**
 * Reads all rows of a query in parts, the newest first: ids are UUIDs of version 7, which begin with the time.
 *
 * @param read reads a part
 * @public for resources whose rows belong to users, also if there is none
 */
export async function* readAll<Row extends { id: string }>(
  read: (range: Range) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  const first: Range = { orderBy: { id: 'desc' }, take: partSize }
  let rows = await read(first)
  while (rows.length > 0) {
    yield rows
    rows = await read({ ...first, cursor: { id: rows.at(-1)?.id ?? '' }, skip: 1 })
  }
}

/** The order by time of a Prisma query. */
export const newestFirst: ({ createdAt: 'desc' } | { id: 'desc' })[] = [{ createdAt: 'desc' }, { id: 'desc' }]

function olderThan(place: TimePosition | undefined) {
  if (!place) return {}
  const [createdAt, id] = place
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }] }
}

/**
 * Creates the cursor for the position after a row.
 *
 * Its checksum detects damage and a changed filter. A signature is not needed, because a position only selects rows that
 * the client may read anyway.
 */
export function encodeCursor(scope: CursorScope, position: Position): string {
  return Buffer.from(JSON.stringify([checksum(scope, position), ...position])).toString('base64url')
}

/**
 * Decodes a cursor to its position. Without a cursor, there is no position.
 *
 * @param position the schema of the position
 * @throws BadRequestError for a cursor that is damaged or belongs to another list, order or filter
 */
export function decodeCursor<Schema extends z.ZodType<Position, Position>>(
  cursor: string | undefined,
  scope: CursorScope,
  position: Schema,
): z.output<Schema> | undefined {
  if (cursor === undefined) return undefined
  const [, ...values] = envelopeSchema.safeParse(parseJson(cursor)).data ?? []
  const parsed = position.safeParse(values)
  if (!parsed.success || encodeCursor(scope, values) !== cursor) throw brokenCursor()
  return parsed.data
}

/** The maximum size of the items of a page, in bytes of JSON. The first item is included even if it is larger. */
export const pageBytesMax = 1_048_576

/**
 * Creates a page from rows, of which one more was read than the page has items. It ends early if its items would exceed
 * {@link pageBytesMax}.
 *
 * @param cursorOf creates the cursor after the last row of the page
 * @param onwards the cursor after the last row that was read, if the rows end before the list does
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
  // Most pages are so small that they need not be written to know it.
  if (mostBytes(rows) <= pageBytesMax) return rows.length
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

/** At most how many bytes a value takes in JSON: a character takes six where it is escaped. */
function mostBytes(value: unknown): number {
  if (typeof value === 'string') return 6 * value.length + 3
  if (typeof value !== 'object' || value === null || value instanceof Date) return 30
  let bytes = 3
  for (const [key, inner] of Object.entries(value)) bytes += 6 * key.length + 3 + mostBytes(inner)
  return bytes
}
