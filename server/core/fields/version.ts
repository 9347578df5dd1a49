import { VersionMismatchError } from '../errors.js'

/**
 * Refuses a change that is based on an old version. The row has to be locked, so that the answer holds until commit.
 *
 * @param given what the client names, if it names one
 * @throws VersionMismatchError
 */
export function assertVersion(current: number, given: number | undefined): void {
  if (given !== undefined && given !== current) throw new VersionMismatchError()
}
