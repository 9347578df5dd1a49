import { sessionProxy } from '@plinth/client/next'
import { type NextRequest, NextResponse } from 'next/server'

/** What a proxy for languages does: it shows a page under another address, and remembers the language. */
function languages(request: NextRequest): Response {
  if (!request.nextUrl.pathname.startsWith('/de')) return NextResponse.next()
  const target = new URL(request.nextUrl.pathname.slice(3) || '/', request.url)
  const response = NextResponse.rewrite(target, { headers: { 'x-language': 'de' } })
  response.cookies.set('language', 'de')
  return response
}

export const proxy = sessionProxy({ protect: ['/account'], proxy: languages })

export const config = { matcher: ['/((?!_next/|favicon.ico).*)'] }
