import { describe, expect, it, vi } from 'vitest'
import { parseJson, readJson, readOnce } from './json-input.js'

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding)
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const list = (length: number) => `[${Array(length).fill(0).join()}]`

describe('an input in JSON', () => {
  it('has the value of its text', () => {
    const text = '{"a":[1,"é",null,{"b":true}],"constructor":1,"prototype":{},"\\ud83d\\ude00":"\\u0000"}'
    expect(readJson(bytes(text))).toEqual(JSON.parse(text))
  })

  it('is undefined for an empty body, also after a byte order mark', () => {
    expect([readJson(undefined), readJson(bytes(''))]).toEqual([undefined, undefined])
    expect(readJson(bytes('\ufeff{"a":1}'))).toEqual({ a: 1 })
  })

  it.each(['{', '', '[1,]', "{'a':1}", '{"a":1}x', '\u0000'])('is malformed in %j', (text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })

  it.each([
    ['Latin-1', bytes('{"password":"caf\u00e9"}', 'latin1')],
    ['UTF-16', bytes('\ufeff{"a":1}', 'utf16le')],
    ['a cut sequence', Buffer.concat([bytes('"'), Buffer.from([0xc3]), bytes('"')])],
    ['an overlong form', Buffer.concat([bytes('"'), Buffer.from([0xc0, 0xaf]), bytes('"')])],
    ['an encoded surrogate', Buffer.concat([bytes('"'), Buffer.from([0xed, 0xa0, 0x80]), bytes('"')])],
  ])('S51: is rejected in %s', (_name, body) => {
    expect(() => readJson(body)).toThrow('The request body is not valid UTF-8.')
  })

  it.each(['"\\ud800"', '"a\\udc00b"', '["\\ude00\\ud83d"]', '{"\\ud800":1}', '{"a":{"b":"\\uDBFF"}}'])(
    'S51: is rejected with a lone surrogate: %s',
    (text) => {
      expect(() => parseJson(text)).toThrow('text that is not valid Unicode')
    },
  )

  it.each([
    '{"__proto__":{"isAdmin":true}}',
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    '[{"a":{"__proto__":1}}]',
    '{"\\u005f_proto__":null}',
  ])('S35: is rejected with a key that reaches a prototype: %s', (text) => {
    expect(() => parseJson(text)).toThrow('a key that is not allowed')
  })
})

describe('S49: the shape of an input', () => {
  it('has at most 32 levels', () => {
    expect(parseJson(nested(32))).toEqual(JSON.parse(nested(32)))
    for (const depth of [33, 100, 100_000]) expect(() => parseJson(nested(depth))).toThrow('nested too deeply')
  })

  it('has at most 10,000 values, at any level', () => {
    expect(parseJson(list(9_999))).toHaveLength(9_999)
    const halves = `{"a":${list(5_000)},"b":[${list(5_000)}]}`
    const keys = JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, 0])))
    for (const text of [list(10_000), list(120_000), halves, keys]) {
      expect(() => parseJson(text)).toThrow('too many values')
    }
  })
})

describe('S49: a key of an input', () => {
  it('has at most 1,000 characters', () => {
    expect(parseJson(JSON.stringify({ ['k'.repeat(1_000)]: 1 }))).toHaveProperty('k'.repeat(1_000))
    expect(() => parseJson(JSON.stringify([{ ['k'.repeat(1_001)]: 1 }]))).toThrow('a key that is too long')
  })
})

describe('reading once', () => {
  it('parses on the first call, and returns the same value or error afterwards', async () => {
    const read = vi.fn(() => ({}))
    const readInput = readOnce(read)
    expect(read).toHaveBeenCalledTimes(0)
    expect(await readInput()).toBe(await readInput())
    expect(read).toHaveBeenCalledTimes(1)
    const fail = vi.fn(() => {
      throw new Error('no input')
    })
    const readFault = readOnce(fail)
    await expect(readFault()).rejects.toThrow('no input')
    await expect(readFault()).rejects.toThrow('no input')
    expect(fail).toHaveBeenCalledTimes(1)
  })
})
