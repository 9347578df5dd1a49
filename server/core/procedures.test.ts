import { describe, expect, it, vi } from 'vitest'
import { createSignedInUser } from '../testing/factories.js'
import { startTestApp } from '../testing/test-app.js'
import { everyProcedure } from '../testing/transports.js'
import { createLogger } from './logger.js'

const lines: string[] = []

const sink = { write: (line: string) => void lines.push(line) }
const t = await startTestApp({ log: createLogger({ mode: 'production', logLevel: 'info' }, sink) })
const procedures = [...everyProcedure()]

describe('every call', () => {
  it('S36: is logged once as an error with the cause, and counted, if it fails unexpectedly', async () => {
    const { session } = await createSignedInUser(t)
    const crash = vi.spyOn(t.container.services.users, 'me').mockRejectedValueOnce(new Error('planted cause'))
    lines.length = 0
    const before = await countOf('users.me', 'INTERNAL_ERROR')
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const response = await t.app.inject({ url: '/api/users/me', headers })
    crash.mockRestore()
    expect([response.statusCode, response.json().error.code]).toEqual([500, 'INTERNAL_ERROR'])
    expect(response.body).not.toContain('planted cause')
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ procedure: 'users.me', code: 'INTERNAL_ERROR', status: 500 })
    expect(JSON.stringify(errors[0].err)).toContain('planted cause')
    expect(errors[0].requestId).toBe(response.headers['x-request-id'])
    expect((await countOf('users.me', 'INTERNAL_ERROR')) - before).toBe(1)
  })

  it('is counted by its name and its result', async () => {
    const { session } = await createSignedInUser(t)
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const before = [await countOf('users.me', 'OK'), await countOf('users.list', 'UNAUTHORIZED')]
    await t.app.inject({ url: '/api/users/me', headers })
    await t.app.inject({ url: '/trpc/users.me', headers })
    await t.app.inject('/api/users')
    const after = [await countOf('users.me', 'OK'), await countOf('users.list', 'UNAUTHORIZED')]
    // The registry belongs to the process, so calls of other tests in this file count, too.
    expect([(after[0] ?? 0) - (before[0] ?? 0), (after[1] ?? 0) - (before[1] ?? 0)]).toEqual([2, 1])
  })
})

async function countOf(procedure: string, code: string): Promise<number> {
  const { body } = await t.app.inject('/metrics')
  const name = `procedure_duration_seconds_count{procedure="${procedure}",code="${code}"}`
  return Number(
    body
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length) ?? 0,
  )
}

describe('a procedure that cannot be batched', () => {
  const alone = procedures.filter(([, { meta }]) => meta.refusesBatch).map(([procedure]) => procedure)

  it('is each that checks or sets a credential for callers without one', () => {
    const ofAuth = procedures.filter(([name, { meta }]) => name.startsWith('auth.') && meta.access === 'public')
    expect(alone).toEqual(expect.arrayContaining(ofAuth.map(([name]) => name)))
  })

  it.each(alone)('S7: %s is rejected in any batch, and accepted alone', async (procedure) => {
    const send = (path: string, query: string) =>
      t.app.inject({ method: 'POST', url: `/trpc/${path}${query}`, payload: {}, remoteAddress: '10.3.0.1' })
    const batch = (await send(`${procedure},${procedure}`, '?batch=1')).json()
    const messages = batch.map(({ error }: { error?: { json?: { message?: string } } }) => error?.json?.message)
    expect(messages).toEqual(Array(2).fill('This procedure cannot be called in a batch.'))
    expect((await send(procedure, '')).body).not.toContain('cannot be called in a batch')
  })
})

describe('a method that a procedure does not accept', () => {
  it.each(procedures)('%s returns 405 on both transports', async (procedure, { type, rest: { path } }) => {
    const other = type === 'query' ? 'POST' : 'GET'
    const payload = other === 'POST' ? { payload: {} } : {}
    const trpc = await t.app.inject({ method: other, url: `/trpc/${procedure}`, ...payload })
    expect([trpc.statusCode, trpc.json().error.json.data.error.code]).toEqual([405, 'METHOD_NOT_ALLOWED'])
    const methods = new Set(procedures.filter(([, { rest }]) => rest.path === path).map(([, { rest }]) => rest.method))
    const missing = (['PUT', 'PATCH', 'DELETE', 'POST'] as const).find((method) => !methods.has(method))
    if (!missing) return
    const url = `/api${path.replace(/\{\w+\}/, 'x')}`
    const answer = await t.app.inject({ method: missing, url, payload: {} })
    // The path of a procedure without parameters may match a path with parameters, which has other methods.
    expect([400, 401, 405], `${missing} ${url}`).toContain(answer.statusCode)
    if (path.includes('{')) expect(answer.json().error.code).toBe('METHOD_NOT_ALLOWED')
  })
})
