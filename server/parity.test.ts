import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { errorTable } from './core/errors.js'
import { publicProcedure, router } from './procedures.js'
import { calls, expectedOutcome, invalidInput } from './testing/calls.js'
import { setStage } from './testing/stage.js'
import { startTestApp } from './testing/test-app.js'
import { createTransportApp } from './testing/transport-app.js'
import { everyProcedure, queryOf, restTransport, transports, trpcTransport } from './testing/transports.js'

const t = await startTestApp()

// Ids, times and tokens differ between two runs of one call; their positions and their form do not.
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
  }
  if (typeof value !== 'string') return value === null ? null : typeof value
  if (/^[0-9a-f-]{36}$/.test(value)) return 'id'
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? 'time' : 'string'
}

describe('inputs of database queries', () => {
  const shaped = { where: { id: { not: '' } }, orderBy: { id: 'asc' }, select: { passwordHash: true }, include: {} }

  const lists = [...everyProcedure().keys()].filter((name) => name.endsWith('.list') && calls[name]?.input)

  it.each(lists)('S30: %s accepts no clause of a query', async (list) => {
    const stage = await setStage(t, 'admin')
    const accessToken = stage.session?.accessToken
    const valid = await calls[list]?.input?.(stage)
    for (const transport of Object.values(transports)) {
      for (const [key, clause] of Object.entries(shaped)) {
        const { error } = await transport(t.app, { procedure: list, input: { ...valid, [key]: clause }, accessToken })
        expect(error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: key }] })
      }
    }
  })

  it.each([
    ['users.get', 'id'],
    ['users.list', 'q'],
    ['users.list', 'status'],
    ['audit.list', 'cursor'],
    ['audit.list', 'userId'],
  ])('S30: %s accepts a value for %s, not an operator', async (procedure, key) => {
    const accessToken = (await setStage(t, 'admin')).session?.accessToken
    const { error } = await trpcTransport(t.app, {
      procedure,
      input: { [key]: { not: null, contains: '' } },
      accessToken,
    })
    expect(error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: key }] })
  })
})

it('an array is an array over REST too, also if one of its values contains a comma', async () => {
  const tags = z.array(z.string())
  const list = publicProcedure
    .meta({ rest: { method: 'GET', path: '/tags' }, summary: 'List tags' })
    .input(z.strictObject({ tags }))
    .output(tags)
    .query(({ input }) => input.tags)
  const { app } = await createTransportApp(router({ list }))
  for (const tags of [['a'], ['a', 'b,c']]) {
    const response = await app.inject({ url: '/api/tags', query: queryOf({ tags, unset: undefined }) })
    expect(response.json()).toEqual({ data: tags })
  }
  await app.close()
})

describe('every procedure returns the same over tRPC and REST', () => {
  for (const [procedure, entry] of everyProcedure()) {
    const { meta, rest: route } = entry
    const row = calls[procedure] ?? {}
    const actor = meta.access === 'admin' ? 'admin' : 'owner'
    const callOnFreshStage = async (transport: typeof restTransport) => {
      const stage = await setStage(t, actor)
      const accessToken = stage.session?.accessToken
      return transport(t.app, { procedure, input: await row.input?.(stage), accessToken })
    }

    it(`${procedure}: the same value, with the declared status on REST`, async () => {
      const rest = await callOnFreshStage(restTransport)
      const trpc = await callOnFreshStage(trpcTransport)
      expect(shapeOf(rest.data)).toEqual(shapeOf(trpc.data))
      // If both transports fail in the same way, no value was compared.
      const outcome = expectedOutcome(procedure, meta, actor)
      expect([rest.error?.code ?? 'OK', trpc.error?.code ?? 'OK']).toEqual([outcome, outcome])
      expect(rest.status).toBe(rest.error ? errorTable[rest.error.code].status : (route.status ?? 200))
      expect(rest.headers['x-request-id']).toMatch(/^[\w-]{8,}$/)
      if (rest.status === 204) expect(rest.data).toBeUndefined()
    })

    it(`${procedure}: the same error for an invalid input and for unknown keys`, async () => {
      const accessToken = (await setStage(t, 'admin')).session?.accessToken
      const invalid = invalidInput(entry)
      for (const input of [invalid, { ...invalid, unknown: true }]) {
        const [trpc, rest] = [
          await transports.tRPC(t.app, { procedure, input, accessToken }),
          await transports.REST(t.app, { procedure, input: { id: 'x', ...input }, accessToken }),
        ]
        expect(trpc.error).toMatchObject({ code: 'VALIDATION_ERROR', requestId: trpc.headers['x-request-id'] })
        expect(rest.error).toMatchObject({ code: 'VALIDATION_ERROR', requestId: rest.headers['x-request-id'] })
        expect(rest.status).toBe(400)
        expect(trpc.error?.details?.length).toBeGreaterThan(0)
      }
    })
  }
})
