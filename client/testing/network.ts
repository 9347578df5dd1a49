import { injectFetch } from '../../server/testing/inject.js'
import type { TestApp } from '../../server/testing/test-app.js'

/** The network between a client and the app: it counts requests, stores a cookie as a browser does, and can fail. */
export function createNetwork({ app }: TestApp) {
  const send = injectFetch(app)
  const answers: string[] = []
  const network = {
    requests: [] as string[],
    cookie: '',
    /** Called before each request. An exception is a failure of the network; a Response replaces that of the app. */
    intercept: async (_path: string): Promise<Response | undefined> => undefined,
    /** Called after each request was answered. An exception is a response that is lost. */
    after: (_path: string, _init: NetworkInit): void => {},
    /** Responses wait for it. */
    delay: undefined as Promise<void> | undefined,
    count: (path: string) => network.requests.filter((request) => request.includes(path)).length,
    answered: (path: string) => answers.filter((answer) => answer.includes(path)).length,
    async fetch(input: URL | string | { url: string }, init: NetworkInit = {}): Promise<Response> {
      const url = new URL(typeof input === 'object' && 'url' in input ? input.url : input)
      network.requests.push(url.pathname)
      const response = (await network.intercept(url.pathname)) ?? (await send(url, withCookie(network.cookie, init)))
      const [pair] = response.headers.get('set-cookie')?.split(';') ?? []
      if (pair && init.credentials === 'include') network.cookie = pair
      answers.push(url.pathname)
      network.after(url.pathname, init)
      await network.delay
      return response
    },
  }
  return network
}

export type Network = ReturnType<typeof createNetwork>

interface NetworkInit {
  method?: string | undefined
  headers?: ConstructorParameters<typeof Headers>[0]
  body?: unknown
  credentials?: string | undefined
}

function withCookie(cookie: string, init: NetworkInit): NetworkInit {
  if (init.credentials !== 'include') return init
  const headers = new Headers(init.headers)
  headers.set('origin', 'http://app.localhost:5173')
  if (cookie) headers.set('cookie', cookie)
  return { ...init, headers }
}
