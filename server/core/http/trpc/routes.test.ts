import { createTRPCClient, httpBatchLink, httpBatchStreamLink } from '@trpc/client'
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import Fastify, { type InjectOptions } from 'fastify'
import superjson from 'superjson'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTransportApp, transportToken } from '../../../testing/transport-app.js'
import { transportRouter } from '../../../testing/transport-router.js'
import { createContext, noCookies, originOf } from '../../context.js'
import { unrepeated } from '../../idempotency/request.js'

type TransportApp = Awaited<ReturnType<typeof createTransportApp>>
let ours: TransportApp
let official: ReturnType<typeof Fastify>

beforeAll(async () => {
  ours = await createTransportApp(transportRouter)
  await ours.app.listen({ port: 0, host: '127.0.0.1' })
  official = Fastify({ routerOptions: { maxParamLength: 5000 } })
  await official.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: transportRouter,
      maxBatchSize: 10,
      createContext: ({ req, info }: { req: never; info: { calls: unknown[] } }) =>
        createContext(ours.container, req, {
          origin: originOf(req),
          refreshCookie: noCookies,
          idempotency: unrepeated,
          batchSize: info.calls.length,
        }),
    },
  })
})

afterAll(async () => {
  await ours.app.close()
  await official.close()
})

const query = (path: string, input?: unknown, isBatch = false) =>
  `/trpc/${path}?${isBatch ? 'batch=1&' : ''}${input === undefined ? '' : `input=${encodeURIComponent(JSON.stringify(input))}`}`
const post = (path: string, payload?: unknown, headers = {}): InjectOptions => ({
  method: 'POST',
  url: `/trpc/${path}`,
  headers: { 'content-type': 'application/json', ...headers },
  ...(payload !== undefined && { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
})
const get = (url: string, headers = {}): InjectOptions => ({ method: 'GET', url, headers })
const noteInput = { json: { id: 'n7' } }
const title = { json: { title: 'T' } }

describe('responds as the official adapter does', () => {
  const cases: [string, InjectOptions][] = [
    ['a query', get(query('notes.get', noteInput))],
    ['a query without its input', get(query('notes.get'))],
    [
      'a query with superjson meta',
      get(query('notes.list', { json: { limit: 1, cursor: null }, meta: { values: { cursor: ['undefined'] } } })),
    ],
    ['a mutation', post('notes.create', title)],
    ['a mutation without a body', post('notes.remove')],
    ['a rejected mutation', post('notes.update', noteInput)],
    ['an allowed mutation', post('notes.update', noteInput, { authorization: `Bearer ${transportToken}` })],
    ['a malformed credential', get(query('me'), { authorization: 'Bearer' })],
    ['an invalid input', post('notes.create', { json: { title: 1, other: 2 } })],
    ['an input that is not superjson', post('notes.create', 'null')],
    ['a failure', get(query('crash'))],
    ['an unknown procedure', get(query('nothing.here'))],
    ['a procedure named as a prototype key', get(query('__proto__'))],
    ['a query by POST', post('notes.get', noteInput)],
    ['a mutation by GET', get(query('notes.create', title))],
    ['PUT', { ...post('notes.create', title), method: 'PUT' }],
    ['HEAD', { method: 'HEAD', url: query('notes.get', noteInput) }],
    ['malformed JSON in the query', get('/trpc/notes.get?input=%7B')],
    ['malformed JSON in the body', post('notes.create', '{')],
    ['malformed JSON in a batch', post('notes.create,notes.remove?batch=1', '{')],
    ['a batch that is an array', post('notes.create?batch=1', '[1]')],
    ['a batch of one', get(query('notes.get', { 0: noteInput }, true))],
    ['a batch', get(query('notes.get,notes.list,notes.get', { 0: noteInput, 1: { json: {} }, 2: noteInput }, true))],
    ['a mixed batch', get(query('notes.get,me,nothing', { 0: noteInput }, true))],
    ['a batch with equal errors', get(query('me,me', {}, true))],
    ['a batch with a path twice', post('notes.create,notes.create?batch=1', { 0: title, 1: { json: {} } })],
    ['a batch of queries and mutations', get(query('notes.get,notes.create', {}, true))],
    ['a batch with a comma encoded', get(`/trpc/me%2Cme?batch=1`)],
    [
      'ten calls',
      get(
        query(
          Array(10).fill('notes.list').join(','),
          Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, { json: {} }])),
          true,
        ),
      ),
    ],
    ['eleven calls', get(query(Array(11).fill('notes.list').join(','), {}, true))],
    ['a procedure that cannot be batched, in a batch', post('alone,alone?batch=1', {})],
    ['a JSON body without its content type', { method: 'POST', url: '/trpc/notes.remove' }],
    ['a subscription in a batch', get(query('ticks,ticks', {}, true))],
  ]
  it.each(cases)('%s', async (_name, request) => {
    const [mine, theirs] = await Promise.all([ours.app.inject(request), official.inject(request)])
    expect(mine.statusCode).toBe(theirs.statusCode)
    expect(normal(mine.body)).toEqual(normal(theirs.body))
    expect(mine.headers.allow).toBe(theirs.headers.allow)
  })
})

// Removes what differs between two requests, and the two texts that are longer here than in the adapter.
function normal(body: string): unknown {
  if (body === '') return ''
  return JSON.parse(body, (key, value) => {
    if (['requestId', 'rateLimits'].includes(key)) return undefined
    return key === 'message' && /^(Queries and mutations|A batch may contain)/.test(value) ? malformed : value
  })
}

const malformed = 'The request is malformed.'

describe('the tRPC transport', () => {
  it('returns 207 for different statuses and 200 for equal ones', async () => {
    const mixed = await ours.app.inject(get(query('notes.get,me', { 0: noteInput }, true)))
    expect(mixed.statusCode).toBe(207)
    const alike = await ours.app.inject(get(query('notes.get,notes.get', { 0: noteInput, 1: noteInput }, true)))
    expect(alike.statusCode).toBe(200)
  })

  it('S7: charges a limit for each call of a batch', async () => {
    const answer = await ours.app.inject(post('limitedBatch,limitedBatch,limitedBatch?batch=1', {}))
    const codes = answer
      .json()
      .map((item: { error?: { json: { data: { code: string } } } }) => item.error?.json.data.code)
    expect(codes.filter((code: unknown) => code === 'TOO_MANY_REQUESTS')).toHaveLength(1)
  })

  it('S7: rejects more than ten calls, before any runs', async () => {
    const answer = await ours.app.inject(post(`${Array(11).fill('limitedBatch').join(',')}?batch=1`, {}))
    expect(answer.statusCode).toBe(400)
    expect(answer.json().error.json.data.error.code).toBe('BAD_REQUEST')
  })

  it('S11: a throttled call has Retry-After, alone and in a batch', async () => {
    await ours.app.inject(post('limited,limited?batch=1', {}))
    const alone = await ours.app.inject(post('limited'))
    expect([alone.statusCode, alone.headers['retry-after']]).toEqual([429, '7'])
    const batch = await ours.app.inject(get(query('busy,notes.list', { 1: { json: {} } }, true)))
    expect([batch.statusCode, batch.headers['retry-after']]).toEqual([207, '4'])
  })

  it('S36: an unexpected failure is generic, without stack or cause, and logged once with its stack', async () => {
    ours.errors.length = 0
    const answer = await ours.app.inject(get(query('crash')))
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toMatch(/hunter2|stack|at /)
    expect(ours.errors).toHaveLength(1)
    expect(ours.errors[0]?.err?.stack).toContain('hunter2')
  })

  it.each([
    ['too large', post('notes.create', { json: { title: 'x'.repeat(256 * 1024) } }), 413, 'PAYLOAD_TOO_LARGE'],
    [
      'no JSON',
      { method: 'POST', url: '/trpc/notes.create', headers: { 'content-type': 'text/plain' }, payload: 'x' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['malformed JSON for a procedure without input', post('refresh', '{'), 400, 'BAD_REQUEST'],
    ['an input for a procedure without one', post('refresh', { json: { userId: 'u2' } }), 400, 'VALIDATION_ERROR'],
    ['a text for a procedure without input', post('refresh', { json: 'u2' }), 400, 'VALIDATION_ERROR'],
    ['a path with a slash', get('/trpc/notes/get'), 404, 'NOT_FOUND'],
  ] satisfies [string, InjectOptions, number, string][])(
    'responds to %s in the format of tRPC',
    async (_name, request, status, code) => {
      const answer = await ours.app.inject(request)
      expect(answer.statusCode).toBe(status)
      const { data } = answer.json().error.json
      expect(data).toMatchObject({ httpStatus: status, error: { code } })
      expect(data.error.requestId).not.toBe('')
    },
  )

  it('S35: keys that reach a prototype are rejected, in the body, the query and superjson meta', async () => {
    const answers = await Promise.all([
      ours.app.inject(post('notes.create', '{"json":{"title":"T","__proto__":{"isAdmin":true}}}')),
      ours.app.inject(post('notes.create', '{"json":{"title":"T","constructor":{"prototype":{"isAdmin":true}}}}')),
      ours.app.inject(
        get(`/trpc/notes.get?input=${encodeURIComponent('{"json":{"id":"1","__proto__":{"isAdmin":true}}}')}`),
      ),
      ours.app.inject(
        post('notes.create', { json: { title: 'T' }, meta: { values: { '__proto__.isAdmin': ['undefined'] } } }),
      ),
      ours.app.inject(
        post('notes.create', {
          json: { title: 'T' },
          meta: { referentialEqualities: { title: ['constructor.prototype.isAdmin'] } },
        }),
      ),
    ])
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400, 400, 400])
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })

  it('S35: a typed array in superjson meta is rejected before it is created', async () => {
    const huge = { json: 2 ** 32, meta: { values: [['typed-array', 'Float64Array']] } }
    const authorization = `Bearer ${transportToken}`
    const answers = await Promise.all([
      ours.app.inject(post('notes.create', huge)),
      ours.app.inject(get(query('notes.list', { 0: huge }, true))),
      ours.app.inject(get(query('ownTicks', huge), { authorization })),
    ])
    for (const { body } of answers) expect(body).toContain('"BAD_REQUEST"')
  })

  it('a body with a hundred thousand levels results in 400', async () => {
    const answer = await ours.app.inject(post('notes.create', `{"json":${'['.repeat(1e5)}${']'.repeat(1e5)}}`))
    expect(answer.statusCode).toBe(400)
  })

  it('serves tRPC clients, with batches and subscriptions', async () => {
    const url = ours.app.listeningOrigin
    const client = clientWith(httpBatchLink)
    const [one, two] = await Promise.all([
      client.notes.get.query({ id: 'a' }),
      client.notes.create.mutate({ title: 'b' }),
    ])
    expect([one.id, one.createdAt, two.title]).toEqual(['a', new Date('2026-01-02T03:04:05.678Z'), 'b'])
    await expect(client.me.query()).rejects.toMatchObject({ data: { error: { code: 'UNAUTHORIZED' } } })
    const events = await fetch(`${url}/trpc/ticks`, { headers: { accept: 'text/event-stream' } })
    expect(await events.text()).toContain('"tick":2')
    expect(events.headers.get('vary')).toContain('Origin')
  })

  it('S50: a streamed response is rejected before anything runs, with the link to use instead', async () => {
    const client = clientWith(httpBatchStreamLink)
    await expect(client.notes.get.query({ id: 'a' })).rejects.toThrow(
      'Use httpBatchLink instead of httpBatchStreamLink',
    )
    for (const header of ['trpc-accept', 'accept']) {
      const login = post('login?batch=1', {}, { [header]: 'text/html, application/jsonl' })
      const answer = await ours.app.inject(login)
      expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([400, undefined])
    }
  })
})

function clientWith(link: typeof httpBatchLink | typeof httpBatchStreamLink) {
  const url = `${ours.app.listeningOrigin}/trpc`
  return createTRPCClient<typeof transportRouter>({ links: [link({ url, transformer: superjson })] })
}
