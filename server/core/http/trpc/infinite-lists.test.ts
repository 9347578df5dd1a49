import { QueryClient } from '@tanstack/react-query'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { afterAll, describe, expect, it } from 'vitest'
import { createSignedInUser } from '../../../testing/factories.js'
import { startTestApp } from '../../../testing/test-app.js'

const t = await startTestApp()
const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
afterAll(() => queryClient.clear())

const direct = async (path: string, input: object) => {
  const { session } = await createSignedInUser(t, { role: 'admin' })
  const url = `/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`
  return t.app.inject({ url, headers: { authorization: `Bearer ${session.accessToken}` } })
}

describe('infinite lists of React Query', () => {
  it('read a list page by page, each row once', async () => {
    const { user, session } = await createSignedInUser(t, { role: 'admin' })
    const client = t.client(session)
    for (const name of ['Ada', 'Eve', 'Joan']) await client.users.update.mutate({ id: user.id, name })
    const api = createTRPCOptionsProxy({ client, queryClient })
    const options = api.audit.list.infiniteQueryOptions(
      { limit: 2, userId: user.id, type: 'user.updated' },
      { getNextPageParam: ({ meta }) => meta.nextCursor },
    )
    const { pages } = await queryClient.fetchInfiniteQuery({ ...options, pages: 3 })
    expect(pages.map(({ items }) => items.length)).toEqual([2, 1])
    expect(new Set(pages.flatMap(({ items }) => items.map(({ id }) => id))).size).toBe(3)
  })

  it.each(['forward', 'backward'])('may name the direction %s', async (direction) => {
    expect((await direct('audit.list', { direction, limit: 1 })).statusCode).toBe(200)
  })

  it.each([
    ['another direction', 'audit.list', { direction: 'sideways' }],
    ['no text as the direction', 'audit.list', { direction: ['forward'] }],
    ['another key', 'audit.list', { direction: 'forward', unknown: 1 }],
    ['a direction for what is no cursor list', 'users.get', { id: crypto.randomUUID(), direction: 'forward' }],
  ])('may name %s not', async (_, path, input) => {
    const answer = await direct(path, input)
    expect([answer.statusCode, answer.json().error.json.data.error.code]).toEqual([400, 'VALIDATION_ERROR'])
  })

  it('leave no trace in REST and its document', async () => {
    const { session } = await createSignedInUser(t, { role: 'admin' })
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const answer = await t.app.inject({ url: '/api/audit-events?direction=forward', headers })
    expect(answer.json()).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path: 'direction' }] } })
    expect((await t.app.inject('/api/openapi.json')).body).not.toContain('"direction"')
  })
})
