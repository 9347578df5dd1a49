import { NotFoundError, VersionMismatchError } from '../errors.js'

interface Expected {
  /** The name of the resource, for the error: `Post`. */
  resource: string
  /** The version in the request, if there is one. */
  version?: number | undefined
}

/**
 * Checks the row that a locking query (`SELECT ... FOR NO KEY UPDATE`) returned. A change of an outdated version is
 * rejected. Because the row is locked, the result is valid until the transaction ends.
 *
 * @throws NotFoundError if there is no row, VersionMismatchError
 */
export function expectRow<Row extends { version: number }>(rows: readonly Row[], { resource, version }: Expected): Row {
  const [row] = rows
  if (!row) throw new NotFoundError({ resource })
  if (version !== undefined && version !== row.version) throw new VersionMismatchError()
  return row
}
