import type { TRPCClient } from '@trpc/client'
import { cookies, headers } from 'next/headers.js'
import { NextResponse } from 'next/server.js'
import type { AppRouter } from './app-router.js'
import { createServerApi, readSession } from './next-server.js'

/**
 * Returns the procedures for a server component, a server action or a route handler, in the name of its visitor. It never
 * renews the session, because a component cannot set cookies: `sessionProxy` has done so before.
 *
 * Actions and route handlers may also call `auth.login` and `auth.logout`, whose cookies go to the browser.
 */
export async function getApi(): Promise<TRPCClient<AppRouter>> {
  const [visitor, jar] = await Promise.all([headers(), cookies()])
  const accessToken = () => readSession(jar.getAll())?.accessToken
  return createServerApi(visitor, accessToken, (lines) => {
    const parsed = lines.map((line) => new NextResponse(null, { headers: { 'set-cookie': line } }))
    for (const cookie of parsed.flatMap((response) => response.cookies.getAll())) jar.set(cookie)
  })
}
