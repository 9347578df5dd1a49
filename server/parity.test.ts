import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { publicProcedure, router } from './procedures.js'
import { calls } from './testing/calls.js'
import { setStage } from './testing/stage.js'
import { startTestApp } from './testing/test-app.js'
import { createTransportApp } from './testing/transport-app.js'
import { everyProcedure, transports, trpcTransport } from './testing/transports.js'

const t = await startTestApp()

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
    const response = await app.inject({ url: '/api/tags', query: { tags } })
    expect(response.json()).toEqual({ data: tags })
  }
  await app.close()
})
