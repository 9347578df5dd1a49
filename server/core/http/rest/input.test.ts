import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTransportApp, transportToken } from '../../../testing/transport-app.js'
import { transportRouter } from '../../../testing/transport-router.js'

let transport: Awaited<ReturnType<typeof createTransportApp>>
beforeAll(async () => {
  transport = await createTransportApp(transportRouter)
})
afterAll(() => transport.app.close())

const authorization = `Bearer ${transportToken}`
const get = (url: string, headers = {}) => transport.app.inject({ method: 'GET', url, headers })
const patch = (payload: string, query = '') =>
  transport.app.inject({
    method: 'PATCH',
    url: `/api/notes/n1${query}`,
    payload,
    headers: { 'content-type': 'application/json', authorization },
  })

it.each([
  ['limit=5', { limit: 5 }],
  ['limit=1e1', { limit: 10 }],
  ['isOpen=false', { limit: 20, isOpen: false }],
  ['isOpen=true', { limit: 20, isOpen: true }],
  ['tags=a', { limit: 20, tags: ['a'] }],
  ['tags=1&tags=true', { limit: 20, tags: ['1', 'true'] }],
  ['ranks=1.5&ranks=-2', { limit: 20, ranks: [1.5, -2] }],
  ['weight=null', { limit: 20, weight: null }],
  ['weight=0.5', { limit: 20, weight: 0.5 }],
  ['q=null', { limit: 20, q: 'null' }],
  ['q=5', { limit: 20, q: '5' }],
  ['q=', { limit: 20, q: '' }],
  ['q=a%26b+c', { limit: 20, q: 'a&b c' }],
])('converts ?%s', async (query, input) => {
  expect((await get(`/api/echo?${query}`)).json()).toEqual({ data: { input } })
})

const refused =
  'limit= limit=abc limit=0x10 limit=05 limit=+5 limit=%205 limit=1.5 limit=101 limit=1e999 limit=1&limit=2 limit[]=1 ' +
  'limit[a]=1 q=a&q=b isOpen=1 isOpen=TRUE isOpen= ranks=a weight= weight=NULL other=1 toString=1'

it.each(refused.split(' '))('rejects ?%s', async (query) => {
  const answer = await get(`/api/echo?${query}`)
  expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'VALIDATION_ERROR'])
  expect(answer.json().error.details.length).toBeGreaterThan(0)
})

it.each(['__proto__', 'constructor', 'prototype', '__proto__[isAdmin]', 'constructor.prototype.isAdmin'])(
  'S35: rejects the query key %s and changes no prototype',
  async (key) => {
    expect((await get(`/api/echo?${key}=true`)).statusCode).toBe(400)
    expect((await get(`/api/notes/me?${key}=true`, { authorization })).statusCode).toBe(400)
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  },
)

it.each([
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '{"constructor":1}',
  '{"prototype":{}}',
  '{"title":{"__proto__":1}}',
])('S35: rejects the body %s and changes no prototype', async (body) => {
  expect((await patch(body)).statusCode).toBe(400)
  expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
})

it('S35: treats prototype keys in a path as plain text', async () => {
  expect((await get('/api/notes/__proto__')).json().data.id).toBe('__proto__')
})

it('S35: decodes an encoded path', async () => {
  for (const path of ['/api/notes/me', '/api/notes/%6de', '/api/notes/%6D%65'])
    expect((await get(path)).statusCode).toBe(401)
  for (const path of ['/api//notes', '/api/notes%2Fme/x', '/API/notes']) {
    expect([path, (await get(path)).statusCode]).toEqual([path, 404])
  }
  expect((await get('/api/notes/a%2Fb')).json().data.id).toBe('a/b')
})

it('never converts the values of a body', async () => {
  expect((await patch('{"count":"5"}')).json().error.details[0]).toMatchObject({ path: 'count' })
  expect((await patch('{"count":5}')).statusCode).toBe(200)
})

it('does not change the schema of tRPC', async () => {
  const url = `/trpc/notes.echo?input=${encodeURIComponent(JSON.stringify({ json: { limit: '5' } }))}`
  expect((await get(url)).statusCode).toBe(400)
})

it('S28: rejects a body that names a path parameter, and a query string for methods other than GET', async () => {
  for (const answer of [await patch('{"id":"n2"}'), await patch('{}', '?id=n2'), await patch('{}', '?version=1')]) {
    expect(answer.json().error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ code: 'unrecognized_keys' }] })
  }
})

it.each(['[]', '"text"', '5', 'null', 'true'])('rejects the body %s', async (body) => {
  expect((await patch(body)).json().error.code).toBe('VALIDATION_ERROR')
})

it('rejects fields if a procedure has no input', async () => {
  const headers = { 'content-type': 'application/json' }
  for (const payload of ['{"a":1}', '[]']) {
    const answer = await transport.app.inject({ method: 'POST', url: '/api/refresh', headers, payload })
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'VALIDATION_ERROR'])
  }
})
