import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTransportApp, transportToken } from '../../testing/transport-app.js'
import { transportRouter } from '../../testing/transport-router.js'

let transport: Awaited<ReturnType<typeof createTransportApp>>
beforeAll(async () => {
  transport = await createTransportApp(transportRouter)
})
afterAll(() => transport.app.close())

const authorization = `Bearer ${transportToken}`
const json = { 'content-type': 'application/json' }
const post = (url: string, payload: string): InjectOptions => ({ method: 'POST', url, payload, headers: json })
const malformed = '{"json":{"a":"\\ud800"'
const inQuery = `input=${encodeURIComponent(malformed)}`

async function answerTo({ headers, ...request }: InjectOptions, credentials = {}) {
  const { statusCode, body } = await transport.app.inject({ ...request, headers: { ...headers, ...credentials } })
  return { statusCode, body }
}

describe('S50: no input is read before access and limits', () => {
  it.each<[string, InjectOptions]>([
    ['a query with an input, over tRPC', { url: `/trpc/me,notes.get?batch=1&${inQuery}` }],
    ['a query without one, over tRPC', { url: `/trpc/me?${inQuery}` }],
    ['a query without one, over REST', { url: '/api/notes/me?unknown=1' }],
    ['a mutation, over tRPC', post('/trpc/notes.update', malformed)],
    ['a mutation, over REST', { ...post('/api/notes/n1', malformed), method: 'PATCH' }],
  ])('checks the credential first: %s', async (_name, request) => {
    const anonymous = await answerTo(request)
    expect(anonymous.body).toContain('"UNAUTHORIZED"')
    const known = await answerTo(request, { authorization })
    expect(known.body).toMatch(/"BAD_REQUEST"|"VALIDATION_ERROR"/)
    expect(known.body).not.toContain('"UNAUTHORIZED"')
  })

  it('checks the credential first: a subscription', async () => {
    const request = { url: `/trpc/ownTicks?${inQuery}`, headers: { accept: 'text/event-stream' } }
    expect((await answerTo(request)).body).toContain('"UNAUTHORIZED"')
    expect((await answerTo(request, { authorization })).body).toContain('"BAD_REQUEST"')
    const served = { url: `/trpc/ownTicks?input=${encodeURIComponent('{"json":{"from":7}}')}` }
    expect((await answerTo(served, { authorization })).body).toContain('"tick":7')
  })

  it.each(['/trpc/limited', '/api/limited'])('charges limits first: %s', async (url) => {
    await answerTo(post(url, malformed))
    await answerTo(post(url, malformed))
    expect((await answerTo(post(url, malformed))).statusCode).toBe(429)
  })

  it.each(['/trpc/refresh', '/api/refresh'])('validates the body even if a procedure has no input: %s', async (url) => {
    for (const body of ['{', '{"json":{"a":1}}', nestedBody]) {
      expect((await answerTo(post(url, body))).statusCode).toBe(400)
    }
  })
})

const nestedBody = `{"json":${'['.repeat(40)}${']'.repeat(40)}}`

describe('S49: the response to an invalid input is small', () => {
  const keys = (count: number, length: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}`.padEnd(length, 'k'), 0]))

  it.each([
    ['as many keys as a body holds', keys(28_000, 5)],
    ['as many as an input may have', keys(9_900, 5)],
    ['a few long ones', keys(5, 50_000)],
    ['one', keys(1, 250_000)],
  ])('%s', async (_name, fields) => {
    for (const [url, payload] of [
      ['/trpc/notes.create', { json: fields }],
      ['/trpc/refresh', { json: fields }],
      ['/api/notes', fields],
      ['/api/refresh', fields],
    ] as const) {
      const { statusCode, body } = await answerTo(post(url, JSON.stringify(payload)))
      expect(statusCode === 400 || statusCode === 413).toBe(true)
      expect(body.length).toBeLessThan(16 * 1024)
    }
  })
})
