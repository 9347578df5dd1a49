import {
  dehydrate,
  HydrationBoundary,
  onlineManager,
  useInfiniteQuery,
  useMutation,
  useQuery,
} from '@tanstack/react-query'
import { type HTMLElement, Window } from 'happy-dom'
import { createElement, type ReactNode, StrictMode } from 'react'
import type * as ReactDom from 'react-dom'
import type * as ReactDomClient from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createUser } from '../server/testing/factories.js'
import { testPassword } from '../server/testing/secrets.js'
import { createTestApp, type TestApp } from '../server/testing/test-app.js'
import { type ApiClient, createApiClient } from './api-client.js'
import { ApiProvider, createQueryClient, cursorPages, useApi, useSession } from './react.js'
import { createNetwork, type Network } from './testing/network.js'

let t: TestApp
let network: Network
let client: ApiClient
let root: ReactDomClient.Root | undefined
let container: HTMLElement
let dom: Pick<typeof ReactDom, 'flushSync'> & Pick<typeof ReactDomClient, 'createRoot' | 'hydrateRoot'>
const window = new Window()
let tests = 0

beforeAll(async () => {
  t = await createTestApp()
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', window.document)
  vi.stubGlobal('localStorage', window.localStorage)
  vi.stubGlobal('navigator', { userAgent: '' })
  dom = { ...(await import('react-dom')), ...(await import('react-dom/client')) }
})
afterAll(async () => {
  // React has work left after the last test.
  await new Promise((resolve) => setTimeout(resolve, 50))
  vi.unstubAllGlobals()
  await window.happyDOM.close()
  await t.close()
})
beforeEach(() => {
  tests += 1
  network = createNetwork(t)
  client = connect()
  container = window.document.createElement('div')
})
afterEach(() => {
  root?.unmount()
  root = undefined
  onlineManager.setOnline(true)
})

describe('useSession', () => {
  it('shows who is signed in, from the first moment to a logout in another tab', async () => {
    const credentials = await someone()
    await connect().login(credentials)
    client = connect()
    render(createElement(Name))
    expect(container.textContent).toBe('unknown')
    await shows(credentials.email)
    await connect().logout()
    await shows('anonymous')
  })

  it('is found out when the network is back', async () => {
    const credentials = await someone()
    await connect().login(credentials)
    client = connect()
    network.intercept = () => Promise.reject(new TypeError('the network is down'))
    onlineManager.setOnline(false)
    render(createElement(Name))
    await vi.waitFor(() => expect(network.count('auth.refresh')).toBeGreaterThan(1))
    expect(container.textContent).toBe('unknown')
    network.intercept = async () => undefined
    onlineManager.setOnline(true)
    await shows(credentials.email)
  })

  it('says where it belongs', () => {
    expect(() => renderToString(createElement(Name))).toThrow('useSession needs an <ApiProvider> around it.')
    expect(() => renderToString(createElement(Me))).toThrow('useApi needs an <ApiProvider> around it.')
  })
})

describe('the cache', () => {
  it('is emptied when another user signs in, and what is shown is read again', async () => {
    const [ada, eve] = [await someone(), await someone()]
    await client.login(ada)
    const queryClient = createQueryClient()
    render(createElement(Me), queryClient)
    await shows(ada.email)
    queryClient.setQueryData(['a draft'], 'of Ada')
    onlineManager.setOnline(false)
    const change = queryClient
      .getMutationCache()
      .build(queryClient, { mutationFn: async () => network.requests.push('late') })
    change.execute(undefined).catch(() => {})
    await client.login(eve)
    onlineManager.setOnline(true)
    await shows(eve.email)
    expect(network.requests).not.toContain('late')
    expect(queryClient.getQueryData(['a draft'])).toBeUndefined()
    await client.logout()
    await vi.waitFor(() => expect(container.textContent).not.toContain('@'))
  })

  it('asks for nothing that needs a user once the user has left', async () => {
    await client.login(await someone())
    render(createElement(OwnEmail))
    await vi.waitFor(() => expect(container.textContent).toContain('@'))
    network.requests.length = 0
    await client.logout()
    await shows('nothing')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(network.count('users.me')).toBe(0)
  })

  it('comes from a rendering server with its dates, and is not read again at once', async () => {
    const credentials = await someone()
    await client.login(credentials)
    const server = createQueryClient()
    const createdAt = new Date('2026-01-02T03:04:05Z')
    const key = [['users', 'me'], { type: 'query' }]
    server.setQueryData(key, { ...(await client.api.users.me.query()), createdAt })
    const state = JSON.parse(JSON.stringify(dehydrate(server)))
    network.requests.length = 0
    const app = createElement(HydrationBoundary, { state }, createElement(CreatedAt))
    container.innerHTML = renderToString(inProvider(app))
    expect(container.textContent).toBe(createdAt.toISOString())
    root = dom.hydrateRoot(container, inProvider(app))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(container.textContent).toBe(createdAt.toISOString())
    expect(network.count('users.me')).toBe(0)
  })
})

describe('a query that fails', () => {
  const refusal = (code: string, httpStatus: number, retryAfterSeconds?: number) => () =>
    Promise.resolve(
      Response.json(
        [
          {
            error: {
              json: {
                message: code,
                code: -32000,
                data: { code, httpStatus, error: { code, requestId: 'r' }, retryAfterSeconds },
              },
            },
          },
        ],
        { status: httpStatus },
      ),
    )

  it.each([
    ['a refusal', refusal('NOT_FOUND', 404), 1],
    ['a limit that lasts', refusal('RATE_LIMITED', 429, 3600), 1],
    ['a short limit', refusal('RATE_LIMITED', 429, 0), 4],
    ['a busy server', refusal('SERVICE_UNAVAILABLE', 503, 0), 4],
  ])('by %s is sent as often as it may help', async (_, answer, attempts) => {
    network.intercept = answer
    render(createElement(Me))
    await shows('failed')
    expect(network.count('users.me')).toBe(attempts)
  })

  it('waits as long as the server asks for', async () => {
    network.intercept = refusal('SERVICE_UNAVAILABLE', 503, 1)
    render(createElement(Me))
    await vi.waitFor(() => expect(network.count('users.me')).toBe(1))
    const begun = performance.now()
    network.intercept = refusal('NOT_FOUND', 404)
    await shows('failed')
    expect(network.count('users.me')).toBe(2)
    expect(performance.now() - begun).toBeGreaterThan(900)
  })

  it('is not repeated if it changes something', async () => {
    network.intercept = refusal('SERVICE_UNAVAILABLE', 503, 0)
    render(createElement(Rename))
    await shows('failed')
    expect(network.count('users.updateMe')).toBe(1)
  })
})

describe('an infinite list', () => {
  it('reads one page after the other with the cursors of the server', async () => {
    const admin = await someone('admin')
    await client.login(admin)
    await client.login(admin)
    render(createElement(Audit))
    await vi.waitFor(() => expect(container.textContent).toMatch(/^2 pages, [2-9]/))
  })
})

function Name() {
  const { status, user } = useSession()
  return user?.email ?? status
}

function Me() {
  const { data, error } = useQuery(useApi().users.me.queryOptions())
  if (error) return 'failed'
  return data?.email ?? 'waiting'
}

function OwnEmail() {
  const isSignedIn = useSession().user !== null
  return useQuery({ ...useApi().users.me.queryOptions(), enabled: isSignedIn }).data?.email ?? 'nothing'
}

function CreatedAt() {
  const { data } = useQuery(useApi().users.me.queryOptions())
  return data?.createdAt.toISOString() ?? 'waiting'
}

function Rename() {
  const { mutate, status, error } = useMutation(useApi().users.updateMe.mutationOptions())
  if (status === 'idle') queueMicrotask(() => mutate({ name: 'Ada' }))
  return error ? 'failed' : status
}

function Audit() {
  const options = useApi().audit.list.infiniteQueryOptions({ limit: 1 }, cursorPages)
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(options)
  const pages = data?.pages ?? []
  if (pages.length === 1 && hasNextPage && !isFetching) queueMicrotask(() => void fetchNextPage())
  return `${pages.length} pages, ${new Set(pages.flatMap(({ items }) => items.map(({ id }) => id))).size} events`
}

function render(element: ReactNode, queryClient = createQueryClient()): void {
  root = dom.createRoot(container)
  dom.flushSync(() => root?.render(createElement(StrictMode, null, inProvider(element, queryClient))))
}

function inProvider(children: ReactNode, queryClient = createQueryClient()) {
  return createElement(ApiProvider, { client, queryClient }, children)
}

async function shows(text: string): Promise<void> {
  await vi.waitFor(() => expect(container.textContent).toBe(text), { timeout: 5000 })
}

async function someone(role: 'user' | 'admin' = 'user') {
  const { email } = await createUser(t, { role })
  return { email, password: testPassword }
}

function connect(): ApiClient {
  return createApiClient({
    url: `http://react-${tests}.localhost:3000`,
    delivery: 'cookie',
    fetch: (...request) => network.fetch(...request),
  })
}
