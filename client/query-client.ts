import { QueryClient } from '@tanstack/react-query'
import { isTRPCClientError } from '@trpc/client'
import superjson from 'superjson'
import type { AppRouter } from './app-router.js'
import { apiError } from './errors.js'

const retriesMax = 3
// Beyond it, a person rather sees the error than waits.
const retryAfterSecondsMax = 30

/**
 * Creates the cache of React Query for the server: it repeats queries where that may help, mutations never, and carries
 * dates and other values of superjson from a rendering server to the browser.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // What a server has just rendered is not asked for again at once.
      queries: { staleTime: 30_000, retry: shouldRetry, retryDelay },
      mutations: { retry: false },
      dehydrate: { serializeData: superjson.serialize },
      hydrate: { deserializeData: superjson.deserialize },
    },
  })
}

function shouldRetry(failures: number, error: unknown): boolean {
  const status = isTRPCClientError<AppRouter>(error) ? (error.data?.httpStatus ?? 0) : 0
  const wait = apiError(error)?.retryAfterSeconds ?? 0
  const isRefusal = status >= 400 && status < 500 && status !== 429
  return failures < retriesMax && !isRefusal && wait <= retryAfterSecondsMax
}

function retryDelay(failures: number, error: unknown): number {
  return (apiError(error)?.retryAfterSeconds ?? 2 ** failures) * 1000
}
