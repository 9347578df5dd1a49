import { expect, it } from 'vitest'
import { z } from 'zod'
import '../schema.js'

const schema = z.strictObject({
  id: z.guid(),
  name: z.string().min(1).max(3),
  email: z.email(),
  code: z.string().min(2).regex(/^\d+$/),
  age: z.int().min(18).max(99),
  half: z.number().multipleOf(0.5).gt(0),
  tags: z.array(z.string()).min(1).max(2),
  role: z.enum(['user', 'admin']),
  only: z.literal(1),
  isOpen: z.boolean(),
  from: z.iso.datetime({ offset: true }),
  day: z.date().min(new Date(0)),
  own: z.string().min(9, 'Use a longer one.'),
  inner: z.object({}),
})

function messagesOf(input: object): Record<string, string> {
  const { error } = schema.safeParse(input)
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]))
}

it('says that a field is required, or what it may be', () => {
  const choices = ['Must be one of `user`, `admin`.', 'Must be 1.']
  expect(new Set(Object.values(messagesOf({})))).toEqual(new Set(['Required.', ...choices]))
})

it('says what kind of value is expected', () => {
  const types = Object.fromEntries(Object.keys(schema.shape).map((key) => [key, Symbol.iterator]))
  expect(messagesOf({ ...types, only: 2 })).toEqual({
    id: 'Must be a string.',
    name: 'Must be a string.',
    email: 'Must be a string.',
    code: 'Must be a string.',
    age: 'Must be a number.',
    half: 'Must be a number.',
    tags: 'Must be a list.',
    role: 'Must be one of `user`, `admin`.',
    only: 'Must be 1.',
    isOpen: 'Must be true or false.',
    from: 'Must be a string.',
    day: 'Must be a date.',
    own: 'Must be a string.',
    inner: 'Must be an object.',
  })
})

it.each([
  [
    'too small',
    { name: '', code: '1', age: 17, half: 0, tags: [], day: new Date(-1), own: '', more: 1 },
    [
      'Must not be empty.',
      'Must have at least 2 characters.',
      'Must be at least 18.',
      'Must be more than 0.',
      'Must have at least 1 item.',
      'Must be at least 1970-01-01T00:00:00.000Z.',
      'Use a longer one.',
      'Unknown key: more.',
    ],
  ],
  [
    'too big',
    { name: 'long', age: 100, tags: ['a', 'b', 'c'] },
    ['Must have at most 3 characters.', 'Must be at most 99.', 'Must have at most 2 items.'],
  ],
  [
    'of another form',
    { id: '1', email: 'ada', code: 'ab', age: 18.5, half: 0.7, from: 'today' },
    [
      'Must be a UUID.',
      'Must be an e-mail address, such as ada@example.com.',
      'Must be in the required format.',
      'Must be a whole number.',
      'Must be a multiple of 0.5.',
      'Must be a date and time in ISO 8601, such as 2026-01-31T09:30:00Z.',
    ],
  ],
])('says what is wrong with values that are %s', (_name, input, messages) => {
  const choices = { role: 'user', only: 1 }
  const found = Object.values(messagesOf({ ...choices, ...input }))
  expect(found.filter((message) => message !== 'Required.')).toEqual(messages)
})
