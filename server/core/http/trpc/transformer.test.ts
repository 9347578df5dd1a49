import superjson from 'superjson'
import { describe, expect, it } from 'vitest'
import { transformer } from './transformer.js'

const { deserialize, serialize } = transformer.input

describe('inputs in superjson', () => {
  it('keep undefined, dates and the numbers that JSON lacks, at any position', () => {
    const input = {
      'a.b': { list: [new Date(0), { none: undefined }] },
      numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
      plain: 1,
    }
    expect(revive(serialize(input))).toEqual(input)
    for (const whole of [new Date(5), undefined, Number.NaN, null, 'text']) {
      expect(revive(serialize(whole))).toEqual(whole)
    }
  })

  it.each([
    ['a set', new Set([1])],
    ['a map', { by: new Map([['a', 1]]) }],
    ['a bigint', [7n]],
    ['an address', new URL('https://example.com')],
    ['an error', new Error('no')],
  ])('S49: may not contain %s', (_name, input) => {
    expect(() => revive(serialize(input))).toThrow('a type that is not supported')
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
  ])('S35: a type created from a length alone is rejected %s, before it is created', (_name, forged) => {
    expect(() => revive(forged)).toThrow('a type that is not supported')
  })

  const shared = { a: [0], b: [0] }

  it.each([
    ['equalities', { json: shared, meta: { referentialEqualities: { a: ['b'] } } }],
    [
      'equalities beside values',
      { json: shared, meta: { values: { b: ['Date'] }, referentialEqualities: [['b']], v: 1 } },
    ],
    ['trees of types', { json: shared, meta: { values: { a: { 0: ['Date'] } } } }],
    ['types below types', { json: shared, meta: { values: { a: ['Date', { 0: ['Date'] }] } } }],
    ['a version that is not a number', { json: shared, meta: { values: {}, v: {} } }],
    ['a list', { json: shared, meta: [] }],
  ])('S49: may be annotated by a type or by types of paths, but not by %s', (_name, forged) => {
    expect(() => revive(forged)).toThrow('a type that is not supported')
  })

  it.each([
    ['far beyond the end of a list', { list: [] }, 'list.4294967294'],
    ['deeper than an input may be', nested(30), Array(40).fill('a').join('.')],
  ])('S49: are rejected if an annotation names a place %s', (_name, json, path) => {
    const annotated = { json, meta: { values: { [path]: ['undefined'] }, v: 1 } }
    const answer = () => revive(annotated)
    if (path.startsWith('list')) expect(answer).toThrow('too many values')
    else expect(answer()).toEqual(json)
  })

  it('S35: are rejected if an annotation names a key that reaches a prototype', () => {
    for (const path of ['__proto__.isAdmin', 'constructor.prototype.isAdmin', 'a.__proto__']) {
      expect(() => revive({ json: { a: {} }, meta: { values: { [path]: ['undefined'] } } })).toThrow()
      expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    }
  })

  it('S49: take time in proportion to their size, however many annotations they have', () => {
    const works = [1_100, 3_300].map((count) => {
      const text = JSON.stringify(serialize({ times: Array.from({ length: count }, () => new Date(0)) }))
      return () => deserialize(JSON.parse(text))
    })
    const [few = 0, many = 0] = fastestOf(works)
    expect(many / few).toBeLessThan(3 * 3)
  })

  it('does not restrict outputs', () => {
    expect(transformer.output).toBe(superjson)
  })
})

/** The value that the server reads from an input after it was sent. */
function revive(serialized: unknown): unknown {
  return deserialize(JSON.parse(JSON.stringify(serialized)))
}

function nested(depth: number): object {
  return depth === 0 ? {} : { a: nested(depth - 1) }
}

/** The shortest of several runs, in milliseconds, because other processes can only make a run longer. */
function fastestOf(works: readonly (() => unknown)[]): number[] {
  const times = works.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < 50; round += 1) {
    for (const [index, work] of works.entries()) {
      const start = performance.now()
      work()
      times[index] = Math.min(times[index] ?? 0, performance.now() - start)
    }
  }
  return times
}
