import { QueryClient } from '@tanstack/react-query'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSignedInUser } from '../../testing/factories.js'
import { createTestApp, type TestApp } from '../../testing/test-app.js'

let t: TestApp
let queryClient: QueryClient

beforeAll(async () => {
  t = await createTestApp()
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
})
afterAll(async () => {
  queryClient.clear()
  await t.close()
})

const direct = (path: string, input: object) =>
  t.app.inject({ url: `/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}` })

describe('infinite lists of React Query', () => {
  it('read a list page by page, each row once', async () => {
    const { user, session } = await createSignedInUser(t)
    const client = t.client(session)
    for (const title of ['One', 'Two', 'Three']) {
      await client.posts.create.mutate({ title, body: 'A post.', status: 'published' })
    }
    const api = createTRPCOptionsProxy({ client, queryClient })
    const options = api.posts.list.infiniteQueryOptions(
      { limit: 2, authorId: user.id },
      { getNextPageParam: ({ meta }) => meta.nextCursor },
    )
    const { pages } = await queryClient.fetchInfiniteQuery({ ...options, pages: 3 })
    expect(pages.map(({ items }) => items.map(({ title }) => title))).toEqual([['Three', 'Two'], ['One']])
  })

  it.each(['forward', 'backward'])('may name the direction %s', async (direction) => {
    expect((await direct('posts.list', { direction, limit: 1 })).statusCode).toBe(200)
  })

  it.each([
    ['another direction', 'posts.list', { direction: 'sideways' }],
    ['no text as the direction', 'posts.list', { direction: ['forward'] }],
    ['another key', 'posts.list', { direction: 'forward', unknown: 1 }],
    ['a direction for what is no cursor list', 'posts.get', { id: crypto.randomUUID(), direction: 'forward' }],
  ])('may name %s not', async (_, path, input) => {
    const answer = await direct(path, input)
    expect([answer.statusCode, answer.json().error.json.data.error.code]).toEqual([400, 'VALIDATION_ERROR'])
  })

  it('leave no trace in REST and its document', async () => {
    const answer = await t.app.inject('/api/posts?direction=forward')
    expect(answer.json()).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path: 'direction' }] } })
    expect((await t.app.inject('/api/openapi.json')).body).not.toContain('"direction"')
  })
})
