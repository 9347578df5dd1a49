import type { TRPCClient } from '@trpc/client'
import { cookies, headers } from 'next/headers.js'
import type { AppRouter } from './app-router.js'
import { createServerApi } from './next-server.js'

/**
 * Returns the procedures for a server component, a server action or a route handler, in the name of its visitor. It never
 * renews the session, because a component cannot set cookies: `sessionProxy` has done so before.
 *
 * Actions and route handlers may also call `auth.login` and `auth.logout`, whose cookies go to the browser.
 */
export async function getApi(): Promise<TRPCClient<AppRouter>> {
  return createServerApi(await headers(), await cookies())
}
