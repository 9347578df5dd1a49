import { expect, it } from 'vitest'
import { z } from 'zod'
import { createCoercion } from './coercion.js'

const named = z.int().meta({ id: 'PlantedCount' })
const coerce = createCoercion(
  z.strictObject({
    count: named.optional(),
    maybe: named.nullable().default(null),
    level: z.literal([1, 2]),
    status: z.enum(['draft', '1']),
    either: z.union([z.number(), z.boolean()]),
    text: z.union([z.number(), z.string()]),
    flags: z.array(z.boolean()).nullable(),
    date: z.date(),
    counted: z.record(z.string(), z.number()),
  }),
)

it.each([
  ['count', '5', 5],
  ['count', '-0.5e3', -500],
  ['count', 'null', 'null'],
  ['maybe', 'null', null],
  ['maybe', '7', 7],
  ['level', '2', 2],
  ['status', '1', '1'],
  ['either', 'true', true],
  ['either', '3', 3],
  ['text', '3', '3'],
  ['flags', 'true', [true]],
  ['flags', ['true', 'no'], [true, 'no']],
  ['date', '2026-01-01', '2026-01-01'],
  ['counted', '1', '1'],
  ['count', ['1', '2'], ['1', '2']],
  ['unknown', '1', '1'],
  ['__proto__', '1', '1'],
])('reads %s=%j as %j', (name, value, expected) => {
  expect(coerce(name, value)).toEqual(expected)
})
