import {
  dehydrate,
  type FetchInfiniteQueryOptions,
  type FetchQueryOptions,
  HydrationBoundary,
  type QueryKey,
} from '@tanstack/react-query'
import { createTRPCOptionsProxy, type TRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { cache, createElement, type ReactElement, type ReactNode } from 'react'
import type { AppRouter } from './app-router.js'
import { getApi } from './next-api.js'
import { createQueryClient } from './query-client.js'

// One for each request.
const getQueries = cache(async () => {
  const queryClient = createQueryClient()
  return { queryClient, api: createTRPCOptionsProxy<AppRouter>({ client: await getApi(), queryClient }) }
})

/** Gives its children what `prefetch` has read, so that it is in the HTML and the page does not read it again at once. */
export async function Hydrate({ children }: { children?: ReactNode }): Promise<ReactElement> {
  const { queryClient } = await getQueries()
  return createElement(HydrationBoundary, { state: dehydrate(queryClient) }, children)
}

type Plain<Data, Failure, Key extends QueryKey> = Omit<FetchQueryOptions<Data, Failure, Data, Key>, 'initialPageParam'>

/**
 * Reads what a page shows, before it is rendered: `await prefetch((api) => api.users.me.queryOptions())`. It throws
 * nothing: what it could not read, the page reads in the browser.
 */
export async function prefetch<Data, Failure, Key extends QueryKey, Page = never>(
  choose: (
    api: TRPCOptionsProxy<AppRouter>,
  ) => Plain<Data, Failure, Key> | FetchInfiniteQueryOptions<Data, Failure, Data, Key, Page>,
): Promise<void> {
  const { queryClient, api } = await getQueries()
  // A visitor does not wait for repetitions: the page makes them.
  const options = { ...choose(api), retry: false }
  if ('initialPageParam' in options) await queryClient.prefetchInfiniteQuery(options)
  else await queryClient.prefetchQuery(options)
}
