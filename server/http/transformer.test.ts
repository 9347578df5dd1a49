import superjson from 'superjson'
import { describe, expect, it } from 'vitest'
import { transformer } from './transformer.js'

const { deserialize, serialize } = transformer.input

describe('inputs in superjson', () => {
  it('keep the types whose size is that of their text', () => {
    const input = {
      at: new Date(0),
      none: undefined,
      all: new Set([1]),
      by: new Map([['a', new Date(1)]]),
      big: 7n,
      not: Number.NaN,
      site: new URL('https://example.com'),
    }
    expect(deserialize(serialize(input))).toEqual(input)
    expect(deserialize({ json: { plain: 1 } })).toEqual({ plain: 1 })
  })

  it.each([
    ['as a whole', { json: 9, meta: { values: [['typed-array', 'Uint8Array']] } }],
    ['in a field', { json: { a: 9 }, meta: { values: { a: [['typed-array', 'Uint8Array']] } } }],
    ['below a path', { json: { a: { b: 9 } }, meta: { values: { a: { b: [['typed-array', 'Uint8Array']] } } } }],
    ['in a set', { json: { a: [9] }, meta: { values: { a: ['set', { 0: [['typed-array', 'Uint8Array']] }] } } }],
    ['below a list', { json: [9], meta: { values: ['set', ['Date', {}, [['typed-array', 'Uint8Array']]]] } }],
    ['beside a class', { json: {}, meta: { values: [['class', 'Object']] } }],
    ['as a pattern', { json: { a: '/a/' }, meta: { values: { a: ['regexp'] } } }],
    ['as a number', { json: 9, meta: { values: 7 } }],
  ])('S35: a type made from a bare length is refused %s, before it is made', (_name, forged) => {
    expect(() => deserialize(JSON.parse(JSON.stringify(forged)))).toThrow('a type that is not taken')
  })

  it('leaves outputs to superjson', () => {
    expect(transformer.output).toBe(superjson)
  })
})
