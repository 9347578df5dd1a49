import { BadRequestError, VersionMismatchError } from '../../errors.js'
import { isRecord } from '../records.js'

const entityTag = /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/
const versionTag = /^"(\d{1,10})"$/

/**
 * Returns the version in `If-Match` (RFC 9110 section 13.1.1), or none for `*`.
 *
 * @throws VersionMismatchError for a tag that no version has (weak ones never match), BadRequestError for anything else
 */
export function readIfMatch(header: string | undefined): number | undefined {
  const tag = header?.trim()
  if (tag === undefined || tag === '*') return undefined
  const version = versionTag.exec(tag)?.[1]
  if (version !== undefined) return Number(version)
  if (entityTag.test(tag)) throw new VersionMismatchError()
  throw new BadRequestError({ message: 'If-Match must contain exactly one version, such as "3".' })
}

/** The entity tag of an output with an integer `version`; undefined for all others. */
export function entityTagOf(output: unknown): string | undefined {
  return isRecord(output) && Number.isInteger(output.version) ? `"${String(output.version)}"` : undefined
}

/** Whether `If-None-Match` names the tag, compared weakly (RFC 9110 section 13.1.2). */
export function isNotModified(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag)
}
