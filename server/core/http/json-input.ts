import { type AppError, BadRequestError } from '../errors.js'
import { isRecord } from '../unknown-values.js'

/**
 * Parses the input from the bytes of a body, which must be JSON in UTF-8 (RFC 8259 section 8.1).
 *
 * @returns undefined for an empty body
 * @throws BadRequestError for other bytes, for malformed JSON, and for a shape that {@link checkShape} rejects
 */
export function readJson(body: unknown): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined
  return parseJson(decode(body))
}

/** Reads an input from JSON text. It throws as {@link readJson} does. */
export function parseJson(text: string): unknown {
  const input = parse(text)
  checkShape(input)
  return input
}

/** Creates a reader that parses on its first call, and returns the same value or throws the same error afterwards. */
export function readOnce<T>(read: () => T): () => Promise<T> {
  let value: Promise<T> | undefined
  return () => (value ??= (async () => read())())
}

const maxDepth = 32
const maxValues = 10_000
const maxKeyLength = 1_000

/**
 * Checks the shape of an input before any other code reads it: at most 32 levels and 10,000 values, keys of at most
 * 1,000 characters that do not reach a prototype, and no lone surrogates, which every encoder replaces by the same
 * character.
 *
 * It visits each value once, level by level, so its work is linear in the size of the input.
 *
 * @throws BadRequestError for anything else
 */
export function checkShape(input: unknown): void {
  let level: unknown[] = [input]
  let count = 1
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === maxDepth) throw malformed('The input is nested too deeply.')
    const next: unknown[] = []
    for (const value of level) {
      const inner = valuesIn(value)
      count += inner.length
      if (count > maxValues) throw malformed('The input has too many values.')
      next.push(...inner)
    }
    level = next
  }
}

function valuesIn(value: unknown): readonly unknown[] {
  if (typeof value === 'string') checkText(value)
  // The length of an array counts, not its elements, because other code visits its holes too.
  if (Array.isArray(value)) return value
  if (!isRecord(value)) return []
  for (const [key, inner] of Object.entries(value)) checkKey(key, inner)
  return Object.values(value)
}

function checkKey(key: string, value: unknown): void {
  if (key.length > maxKeyLength) throw malformed('The input has a key that is too long.')
  const reachesPrototype = key === '__proto__' || (key === 'constructor' && isRecord(value) && 'prototype' in value)
  if (reachesPrototype) throw malformed('The input has a key that is not allowed.')
  checkText(key)
}

function checkText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw malformed('The input has text that is not valid Unicode.')
}

// It skips a byte order mark, as RFC 8259 allows.
const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch {
    throw malformed('The request body is not valid UTF-8.')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadRequestError({ cause })
  }
}

function malformed(message: string): AppError {
  return new BadRequestError({ message })
}
