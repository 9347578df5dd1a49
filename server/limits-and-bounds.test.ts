import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createLogger } from './core/logger.js'
import { defaultLimits, type Meta, type RestRoute } from './core/procedure-meta.js'
import { type LimitRule, limitKey } from './core/security/rate-limits.js'
import { type Bound, boundTable, formTable, letters, limitTable, unboundedTable } from './testing/declared-bounds.js'
import { createSignedInUser } from './testing/factories.js'
import { createTestApp, type TestApp } from './testing/test-app.js'
import { everyProcedure } from './testing/transports.js'

const procedures = [...everyProcedure()]

describe('the declared limits', () => {
  const log: string[] = []
  let t: TestApp
  beforeAll(async () => {
    const sink = { write: (line: string) => log.push(line) }
    t = await createTestApp({ log: createLogger({ mode: 'production', logLevel: 'info' }, sink) })
  })
  afterAll(() => t.close())

  const rulesOf = ({ limits = defaultLimits }: Meta) => limits

  it('are those of the table, and a procedure declares each', () => {
    const declared = procedures.flatMap(([, { meta }]) => rulesOf(meta))
    const found = declared.map(({ name, by, points, windowSeconds }) => [name, { by, points, windowSeconds }] as const)
    expect(Object.fromEntries(found)).toEqual(limitTable)
    // One name has one rule, whichever procedure declares it.
    for (const [name, rule] of found) expect({ name, rule }).toEqual({ name, rule: limitTable[name] })
  })

  interface Caller {
    address: string
    accessToken?: string
  }

  let callers = 0

  async function someCaller({ by }: LimitRule): Promise<Caller> {
    callers += 1
    const address = `10.9.${Math.floor(callers / 250)}.${callers % 250}`
    return by === 'actor' ? { address, accessToken: (await createSignedInUser(t)).session.accessToken } : { address }
  }

  /** Calls with an input that is rejected after the limit was charged, so that the call has no effect. */
  async function call({ method, path }: RestRoute, { address, accessToken }: Caller) {
    const response = await t.app.inject({
      method,
      url: `/api${path.replace(/\{\w+\}/, 'x')}?unknown=1`,
      remoteAddress: address,
      headers: accessToken ? { authorization: `Bearer ${accessToken}` } : {},
      ...(method !== 'GET' && { payload: { unknown: true } }),
    })
    return { status: response.statusCode, retryAfterSeconds: Number(response.headers['retry-after']) }
  }

  /** Calls `points` times and once more, a few concurrently, so that a busy machine finishes within the window. */
  async function exhaust(route: RestRoute, caller: Caller, points: number) {
    const taken: number[] = []
    while (taken.length < points) {
      const chunk = Array.from({ length: Math.min(10, points - taken.length) }, () => call(route, caller))
      taken.push(...(await Promise.all(chunk)).map(({ status }) => status))
    }
    return { taken, next: await call(route, caller) }
  }

  /** If the store is slow, half of the points apply, which does not test the table, so it is repeated. */
  async function exhaustOnReadyStore(route: RestRoute, rule: LimitRule, points: number) {
    for (;;) {
      log.length = 0
      const result = await exhaust(route, await someCaller(rule), points)
      if (!log.some((line) => line.includes('the rate limit store is away'))) return result
      await vi.waitFor(async () => {
        await call(route, await someCaller(rule))
        expect(log.join('')).toContain('the rate limit store is back')
      }, 20_000)
    }
  }

  for (const [procedure, { meta, rest }] of procedures) {
    for (const rule of meta.limits ?? []) {
      const { points = 0, windowSeconds = 0 } = limitTable[rule.name] ?? {}
      it(`${procedure}: ${rule.name} accepts ${points} calls and rejects the next`, async () => {
        const { taken, next } = await exhaustOnReadyStore(rest, rule, points)
        expect(taken).toHaveLength(points)
        expect(taken).not.toContain(429)
        expect(next.status).toBe(429)
        expect(next.retryAfterSeconds).toBeGreaterThan(0)
        expect(next.retryAfterSeconds).toBeLessThanOrEqual(windowSeconds)
        expect((await call(rest, await someCaller(rule))).status, 'another key has its own points').not.toBe(429)
      })
    }
  }

  it('also apply if a procedure declares none: the default rejects the call after its points', async () => {
    const [rule = expect.fail('there is no default')] = defaultLimits
    const { user, session } = await createSignedInUser(t)
    const key = limitKey(rule, { actor: { userId: user.id } as never, origin: { ip: '10.0.0.1' } as never })
    for (let taken = 0; taken < rule.points - 1; taken += 1) await t.container.limits.charge(rule, key)
    const caller = { address: '10.0.0.1', accessToken: session.accessToken }
    const route = { method: 'GET', path: '/users/me' } as const
    expect((await call(route, caller)).status).not.toBe(429)
    expect((await call(route, caller)).status).toBe(429)
  })
})

describe('the bounds of inputs', () => {
  for (const [procedure, { input }] of procedures) {
    for (const [name, field] of Object.entries(input?.shape ?? {})) {
      it(`${procedure}: ${name} accepts values at its bounds and rejects those beyond`, () => {
        expectBounds(`${procedure}.${name}`, name, field)
      })
    }
  }

  it('are in the table only for existing fields', () => {
    const names = new Set(procedures.flatMap(([, { input }]) => Object.keys(input?.shape ?? {})))
    const known = [boundTable, unboundedTable].flatMap((table) => Object.keys(table))
    expect(known.filter((name) => !names.has(name))).toEqual([])
  })
})

function expectBounds(place: string, name: string, field: z.core.$ZodType): void {
  const takes = (value: unknown) => z.safeParse(field, value).success
  const options = optionsOf(field)
  if (options) {
    expect(options.every(takes), place).toBe(true)
    expect(takes(`${String(options[0])} `), place).toBe(false)
    return
  }
  const { format } = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' })
  if (format !== undefined && format in formTable) {
    expect([formTable[format]?.good, formTable[format]?.bad].map(takes), place).toEqual([true, false])
    return
  }
  if (name in unboundedTable) return
  const bound = boundTable[name] ?? declaredBound(field)
  if (!bound)
    throw new Error(`${place} has no bounds in its schema, and no entry in server/testing/declared-bounds.ts.`)
  const { min, max, make = (size: number) => size } = bound
  expect(
    [min, max].map((size) => takes(make(size))),
    `${place} at its bounds`,
  ).toEqual([true, true])
  expect(takes(make(max + 1)), `${place} above its bound`).toBe(false)
  if (min > 0) expect(takes(make(min - 1)), `${place} below its bound`).toBe(false)
}

/** The bounds that a field declares, if it has a maximum. Those of a nullable field are those of its other values. */
function declaredBound(field: z.core.$ZodType): Bound | null {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodNullable) {
    return declaredBound(field.def.innerType)
  }
  const schema = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' })
  const { minLength = 0, maxLength, minimum, maximum, minItems = 0, maxItems } = schema
  if (field instanceof z.ZodArray && maxItems !== undefined) {
    const { min = 0, make = (size: number) => size } = declaredBound(field.def.element) ?? {}
    return { min: minItems, max: maxItems, make: (size) => Array(size).fill(make(Math.max(1, min))) }
  }
  if (maxLength !== undefined) return { min: minLength, max: maxLength, make: letters }
  return minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
    ? { min: minimum, max: maximum }
    : null
}

/** The values of an enumeration, also of an optional one. */
function optionsOf(field: z.core.$ZodType): unknown[] | null {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) return optionsOf(field.def.innerType)
  return field instanceof z.ZodEnum ? [...field.options] : null
}
