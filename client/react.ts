'use client'

import { onlineManager, type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCOptionsProxy, type TRPCOptionsProxy } from '@trpc/tanstack-react-query'
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react'
import type { ApiClient } from './api-client.js'
import type { AppRouter } from './app-router.js'
import { createQueryClient } from './query-client.js'
import type { SessionState } from './session-state.js'

export { cursorPages } from './cursor-pages.js'
export { createQueryClient } from './query-client.js'

export interface ApiProviderProps {
  /** One for the whole life of the page. */
  client: ApiClient
  /** A cache of the app's own, for example with other defaults; see `createQueryClient`. */
  queryClient?: QueryClient
  children?: ReactNode
}

interface Provided {
  client: ApiClient
  api: TRPCOptionsProxy<AppRouter>
}

const ApiContext = createContext<Provided | null>(null)

/**
 * Gives the components inside it the client and a cache. It finds out who is signed in, and empties the cache when the
 * user becomes another one, in whichever tab that happens.
 */
export function ApiProvider({ client, queryClient, children }: ApiProviderProps): ReactElement {
  const [ownQueryClient] = useState(() => queryClient ?? createQueryClient())
  const cache = queryClient ?? ownQueryClient
  const provided = useMemo<Provided>(
    () => ({ client, api: createTRPCOptionsProxy<AppRouter>({ client: client.api, queryClient: cache }) }),
    [client, cache],
  )
  useEffect(() => emptyForAnotherUser(client, cache), [client, cache])
  useEffect(() => findOutWhoIsSignedIn(client), [client])
  return createElement(
    QueryClientProvider,
    { client: cache },
    createElement(ApiContext.Provider, { value: provided }, children),
  )
}

/** The procedures as options of React Query: `useQuery(useApi().users.me.queryOptions())`. */
export function useApi(): TRPCOptionsProxy<AppRouter> {
  return useProvided('useApi').api
}

/** Who is signed in: `{ status: 'unknown' | 'anonymous' | 'signed-in', user }`. The same in all tabs. */
export function useSession(): SessionState {
  const { session } = useProvided('useSession').client
  return useSyncExternalStore(session.subscribe, session.get, getServerState)
}

function useProvided(hook: string): Provided {
  const provided = useContext(ApiContext)
  if (!provided) throw new Error(`${hook} needs an <ApiProvider> around it.`)
  return provided
}

// A page hydrates with what the server rendered, whatever it has found out meanwhile.
const serverState: SessionState = { status: 'unknown', user: null }
const getServerState = () => serverState

function findOutWhoIsSignedIn({ session, resume }: ApiClient): () => void {
  const ask = () => {
    // Without an answer, it stays unknown until the network is back or a call succeeds.
    if (session.get().status === 'unknown') resume().catch(() => {})
  }
  ask()
  return onlineManager.subscribe((isOnline) => {
    if (isOnline) ask()
  })
}

function emptyForAnotherUser({ session }: ApiClient, cache: QueryClient): () => void {
  let shown = session.get()
  return session.subscribe((next) => {
    const isOfAnother = shown.status !== 'unknown' && shown.user?.id !== next.user?.id
    shown = next
    if (!isOfAnother) return
    // Changes that wait for the network are not made in the name of the next user.
    cache.getMutationCache().clear()
    cache.removeQueries({ type: 'inactive' })
    for (const query of cache.getQueryCache().getAll()) query.reset()
    // By then, components have rendered for the new user, so queries that need a user are not sent without one.
    setTimeout(() => void cache.refetchQueries({ type: 'active' }).catch(() => {}))
  })
}
