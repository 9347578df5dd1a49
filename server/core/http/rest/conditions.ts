import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { BadRequestError, VersionMismatchError } from '../../errors.js'
import { isRecord } from '../../unknown-values.js'

interface Tag {
  text: string
  isWeak: boolean
}

/** What a client can read at the URL that it changes. */
interface Current {
  /** Its entity tag; undefined for what has no version, such as a list. */
  tag?: string | undefined
}

interface Target {
  /** Whether the change can be bound to a version of the row, which is compared while the row is locked. */
  takesVersion: boolean
  /** Reads what the change would replace; null if nothing can be read at its URL. */
  readCurrent(): Promise<Current | null>
}

/**
 * The entity tag of an output with an integer `version`: the version and a digest of the whole representation, because
 * what is embedded may change without the row (RFC 9110 section 8.8.1). Undefined for all other outputs.
 *
 * @param text the body of the response
 */
export function entityTagOf(output: unknown, text: string): string | undefined {
  if (!isRecord(output) || !Number.isInteger(output.version)) return undefined
  return `"${String(output.version)}.${hash('sha256', text, 'base64url').slice(0, 16)}"`
}

/** Whether `If-None-Match` names the tag, compared weakly (RFC 9110 section 13.1.2). A malformed header names none. */
export function isNotModified(header: string | undefined, tag: string): boolean {
  const tags = header === undefined ? undefined : parseTags(header)
  return tags === '*' || (tags ?? []).some(({ text }) => text === tag)
}

/**
 * Evaluates `If-Match` and `If-None-Match` before a change (RFC 9110 section 13.2.2). `If-Match` compares versions alone,
 * so that a change of embedded data does not prevent an update.
 *
 * @returns the version that the change is bound to, if any
 * @throws VersionMismatchError if a condition is false, BadRequestError for a malformed header
 */
export async function checkPreconditions(
  headers: IncomingHttpHeaders,
  { takesVersion, readCurrent }: Target,
): Promise<number | undefined> {
  const match = readTags('If-Match', headers['if-match'])
  const noneMatch = readTags('If-None-Match', headers['if-none-match'])
  // A row that does not exist is NOT_FOUND, whatever the condition.
  if (noneMatch === undefined && (match === undefined || match === '*')) return undefined
  const versions = match === undefined || match === '*' ? undefined : versionsOf(match)
  if (versions?.length === 0) throw new VersionMismatchError()
  if (takesVersion && noneMatch === undefined && versions?.length === 1) return versions[0]
  const current = await readCurrent()
  const version = versionOf(current?.tag)
  const isMatching = versions === undefined || (version !== undefined && versions.includes(version))
  if (!isMatching || isNamed(noneMatch, current)) throw new VersionMismatchError()
  return takesVersion ? version : undefined
}

function isNamed(tags: Tag[] | '*' | undefined, current: Current | null): boolean {
  if (tags === undefined || current === null) return false
  return tags === '*' || tags.some(({ text }) => text === current.tag)
}

const versionTag = /^"([1-9]\d{0,9})(?:\.[\w-]+)?"$/

function versionOf(tag: string | undefined): number | undefined {
  const version = versionTag.exec(tag ?? '')?.[1]
  return version === undefined ? undefined : Number(version)
}

// Weak tags never match strongly.
function versionsOf(tags: readonly Tag[]): number[] {
  const versions = tags.filter(({ isWeak }) => !isWeak).map(({ text }) => versionOf(text))
  return [...new Set(versions)].filter((version) => version !== undefined)
}

function readTags(name: string, header: string | undefined): Tag[] | '*' | undefined {
  if (header === undefined) return undefined
  const tags = parseTags(header)
  if (tags) return tags
  throw new BadRequestError({ message: `${name} must contain entity tags in quotes, such as "3", or *.` })
}

const oneTag = /[\s,]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[\s,]*/y

/** @returns undefined for a malformed header */
function parseTags(header: string): Tag[] | '*' | undefined {
  if (header.trim() === '*') return '*'
  const tags: Tag[] = []
  oneTag.lastIndex = 0
  for (let end = 0; end < header.length; end = oneTag.lastIndex) {
    const [, weak, text] = oneTag.exec(header) ?? []
    if (text === undefined) return undefined
    tags.push({ text, isWeak: weak !== undefined })
  }
  return tags.length > 0 ? tags : undefined
}
