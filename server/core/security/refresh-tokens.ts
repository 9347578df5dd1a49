import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** The position of a refresh token: the n-th of a session, from 0. */
interface RefreshTokenPlace {
  sessionId: string
  generation: number
}

export type RefreshTokens = ReturnType<typeof createRefreshTokens>

const pattern = /^([\w-]{22})\.(0|[1-9]\d{0,8})\.[\w-]{43}$/

/**
 * Refresh tokens: `session.generation.mac`, where the mac is HMAC-SHA256 over the other two. A token is derived
 * whenever it is needed, so that a retry after a lost response gets the same one although only its hash is stored.
 *
 * @param secret changing it invalidates all refresh tokens
 */
export function createRefreshTokens(secret: string) {
  function derive({ sessionId, generation }: RefreshTokenPlace): string {
    const mac = createHmac('sha256', secret).update(`refresh:${sessionId}:${generation}`).digest('base64url')
    return `${encodeId(sessionId)}.${generation}.${mac}`
  }

  /** Returns the position of a token that this server created; null for any other string. */
  function read(token: string): RefreshTokenPlace | null {
    const [, id, generation] = pattern.exec(token) ?? []
    if (id === undefined) return null
    const place = { sessionId: decodeId(id), generation: Number(generation) }
    // Compares the whole text, so that a token has only one spelling.
    return isSameSecret(token, derive(place)) ? place : null
  }

  return { derive, read }
}

/** What is stored of a token: its SHA-256. The token has 256 bits, so no salt is needed. */
export function hashToken(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest())
}

/** Compares two secrets in a time that does not depend on their common part. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(hashToken(given), hashToken(expected))
}

function encodeId(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}

function decodeId(text: string): string {
  const hex = Buffer.from(text, 'base64url').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
