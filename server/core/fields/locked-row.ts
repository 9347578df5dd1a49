import { NotFoundError, VersionMismatchError } from '../errors.js'

interface Expected {
  /** What the row is, for the error: `Post`. */
  resource: string
  /** The version that the client names, if it names one. */
  version?: number | undefined
}

/**
 * Takes the row that a locking query (`SELECT ... FOR NO KEY UPDATE`) found. A change that is based on an old version is
 * refused; because the row is locked, that answer holds until the transaction ends.
 *
 * @throws NotFoundError if there is no row, VersionMismatchError
 */
export function expectRow<Row extends { version: number }>(rows: readonly Row[], { resource, version }: Expected): Row {
  const [row] = rows
  if (!row) throw new NotFoundError({ resource })
  if (version !== undefined && version !== row.version) throw new VersionMismatchError()
  return row
}
