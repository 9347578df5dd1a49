import { createTRPCClient, getFetch, type TRPCClient } from '@trpc/client'
import { cookies, headers } from 'next/headers.js'
import { NextResponse } from 'next/server.js'
import type { AppRouter } from './app-router.js'
import { type Fetch, sendingLinks } from './links.js'
import { accessCookieName, ownOrigin, serverUrl, visitorHeaders, withAccessCookie } from './next-server.js'

/**
 * Returns the procedures for a server component, a server action or a route handler, in the name of its visitor. It never
 * renews the session, because a component cannot set cookies: `sessionProxy` has done so before.
 *
 * Actions and route handlers may also call `auth.login` and `auth.logout`, whose cookies go to the browser.
 */
export async function getApi(): Promise<TRPCClient<AppRouter>> {
  const [visitor, jar] = await Promise.all([headers(), cookies()])
  const known = visitorHeaders(visitor)
  const sendAuth: Fetch = async (input, init) => {
    const pairs = jar.getAll().map(({ name, value }) => `${name}=${encodeURIComponent(value)}`)
    const sent = new Headers(init?.headers)
    sent.set('cookie', pairs.join('; '))
    sent.set('origin', ownOrigin(visitor))
    const { body = null, signal = null } = init ?? {}
    const response = await fetch(String(input), { method: 'POST', body, signal, headers: sent })
    const setCookies = withAccessCookie(response.headers.getSetCookie(), await response.clone().text())
    for (const cookie of setCookies.flatMap(parse)) jar.set(cookie)
    return response
  }
  return createServerApi(() => {
    const token = jar.get(accessCookieName(jar.getAll()) ?? '')?.value
    return token ? { ...known, authorization: `Bearer ${token}` } : known
  }, sendAuth)
}

/** @param headers are read for each request; @param sendAuth sends the calls that read or write cookies */
export function createServerApi(headers: () => Record<string, string>, sendAuth?: Fetch): TRPCClient<AppRouter> {
  const send: Fetch = (input, init) => {
    const isAuth = sendAuth && input.toString().includes('/trpc/auth.')
    return (isAuth ? sendAuth : getFetch())(input, init)
  }
  const connection = { url: `${serverUrl()}/trpc`, fetch: send, headers: {}, usesCookie: false }
  return createTRPCClient<AppRouter>({ links: sendingLinks(connection, headers) })
}

function parse(setCookie: string) {
  return new NextResponse(null, { headers: { 'set-cookie': setCookie } }).cookies.getAll()
}
