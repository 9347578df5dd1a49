import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createRefreshTokens, hashToken } from './refresh-tokens.js'

const tokens = createRefreshTokens('a secret of the tests, 32 letters')
const place = { sessionId: randomUUID(), generation: 7 }

describe('refresh tokens', () => {
  it('are derived: the same position gives the same token, and the token contains its position', () => {
    const token = tokens.derive(place)
    expect(tokens.derive(place)).toBe(token)
    expect(tokens.read(token)).toEqual(place)
  })

  it('S15: have 256 bits, and are stored as a SHA-256 of 32 bytes', () => {
    const [, , mac = ''] = tokens.derive(place).split('.')
    expect(Buffer.from(mac, 'base64url')).toHaveLength(32)
    expect(hashToken(tokens.derive(place))).toHaveLength(32)
  })

  it('are accepted only from the server that created them, in one spelling', () => {
    const token = tokens.derive(place)
    const [id, generation, mac] = token.split('.')
    const next = tokens.derive({ ...place, generation: 8 })
    const strangers = [
      '',
      'x',
      `${id}.8.${mac}`,
      `${id}.07.${mac}`,
      `${id}.${generation}.${next.split('.')[2]}`,
      `${token}=`,
      ` ${token}`,
      token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      createRefreshTokens('another secret, as long as that').derive(place),
    ]
    expect(strangers.map((text) => tokens.read(text))).toEqual(strangers.map(() => null))
  })
})
