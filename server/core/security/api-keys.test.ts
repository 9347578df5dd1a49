import { describe, expect, it } from 'vitest'
import { createApiKeys } from './api-keys.js'

const keys = createApiKeys('acme-shop')

describe('S33: the form of an API key', () => {
  it('is a prefix and 38 letters and digits, different for each key', () => {
    const made = Array.from({ length: 200 }, () => keys.create())
    expect(made.every((key) => /^acme-shop_[0-9A-Za-z]{38}$/.test(key) && keys.isWellFormed(key))).toBe(true)
    expect(new Set(made).size).toBe(200)
    // All characters of the alphabet occur, so that the secret has the bits that it should have.
    expect(new Set(made.flatMap((key) => key.slice('acme-shop_'.length, -6).split(''))).size).toBe(62)
  })

  it('has a checksum that others can compute: the CRC-32 in base 62', () => {
    const secret = '0123456789abcdefghijABCDEFGHIJzz'
    expect(createApiKeys('plain').isWellFormed(`plain_${secret}${crc32InBase62(`plain_${secret}`)}`)).toBe(true)
  })

  it('detects each wrong, missing and exchanged character', () => {
    const key = keys.create()
    for (let index = 0; index < key.length; index += 1) {
      const other = key[index] === 'x' ? 'y' : 'x'
      expect(keys.isWellFormed(key.slice(0, index) + other + key.slice(index + 1))).toBe(false)
      expect(keys.isWellFormed(key.slice(0, index) + key.slice(index + 1))).toBe(false)
      const exchanged = [key.slice(0, index), key[index + 1] ?? '', key[index], key.slice(index + 2)].join('')
      if (exchanged !== key) expect(keys.isWellFormed(exchanged)).toBe(false)
    }
    for (const wrong of ['', 'acme-shop_', `${key} `, ` ${key}`, `${key}\n`, `${key}x`]) {
      expect(keys.isWellFormed(wrong)).toBe(false)
    }
  })

  it('is recognized by its prefix, and shown by its first four random characters', () => {
    const key = keys.create()
    expect([keys.isKey(key), keys.isKey('acme-shop_x'), keys.isKey('acme-shopx'), keys.isKey('a.b.c')]).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(keys.startOf(key)).toBe(key.slice(0, 'acme-shop_'.length + 4))
  })
})

/** Written out, because others who scan for keys compute it without this code. */
function crc32InBase62(text: string): string {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  let rest = (crc ^ 0xffffffff) >>> 0
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let digits = ''
  for (; digits.length < 6; rest = Math.floor(rest / 62)) digits = alphabet[rest % 62] + digits
  return digits
}
