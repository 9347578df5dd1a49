import superjson from 'superjson'
import { describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../../testing/random.js'
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
})

describe('outputs in superjson', () => {
  const read = (serialized: unknown): unknown => superjson.deserialize(JSON.parse(JSON.stringify(serialized)))

  it('are read back by superjson as they were, whatever they contain', () => {
    const random = createRandom(7)
    const dates = []
    for (let round = 0; round < 3_000; round += 1) {
      const value = anyValue(random, 4)
      const serialized = transformer.output.serialize(value)
      expect(read(serialized)).toStrictEqual(value)
      if (JSON.stringify(serialized).includes('"Date"')) dates.push(value)
    }
    expect(dates.length).toBeGreaterThan(500)
  })

  it('are not copied if they are plain', () => {
    const page = { items: [{ id: 'a', createdAt: new Date(0) }] }
    expect(transformer.output.serialize(page)).toEqual({
      json: page,
      meta: { values: { 'items.0.createdAt': ['Date'] }, v: 1 },
    })
    expect(Object(transformer.output.serialize(page)).json).toBe(page)
  })

  it('may contain an object twice, or themselves, or keys and dates that superjson treats specially', () => {
    const shared = { at: new Date(1) }
    expect(read(transformer.output.serialize({ one: shared, two: shared }))).toEqual({ one: shared, two: shared })
    const loop: Record<string, unknown> = { name: 'loop' }
    loop['self'] = loop
    expect(read(transformer.output.serialize(loop))).toMatchObject({ name: 'loop' })
    const invalid = { at: new Date(Number.NaN) }
    expect(transformer.output.serialize(invalid)).toEqual(superjson.serialize(invalid))
    expect(() => transformer.output.serialize({ prototype: 1 })).toThrow('prototype pollution')
  })
})

const leaves = [
  // The first nine are plain.
  null,
  true,
  0,
  -1.5,
  'text',
  '',
  'a.b',
  new Date(0),
  new Date(86_400_000),
  undefined,
  Number.NaN,
  -0,
  7n,
  new Set(['a']),
  new Map([['a', new Date(5)]]),
  /a/g,
] as const
const keys = ['a', 'b', 'items', '0', 'a.b', 'c\\d', ''] as const

// Half of the values are plain, as the outputs of procedures are.
function anyValue(random: Random, depth: number): unknown {
  const isPlain = random.below(2) === 0
  const build = (left: number): unknown => {
    const kind = left === 0 ? 0 : random.below(4)
    if (kind < 2) return isPlain ? leaves[random.below(9)] : leaves[random.below(leaves.length)]
    const parts = Array.from({ length: random.below(4) }, () => build(left - 1))
    if (kind === 2) return parts
    return Object.fromEntries(parts.map((part) => [isPlain ? keys[random.below(4)] : random.pick(keys), part]))
  }
  return build(depth)
}

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
