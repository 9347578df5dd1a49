import type { Request } from '../support/http.js'
import { password } from '../support/settings.js'
import type { Asked } from './others.js'
import type { HostileStage } from './stage.js'

/*
 * What the floods and the others call. These tables are all that the hostile benchmark knows of this application's
 * procedures; whoever removes a resource removes its lines here.
 */

/** The list whose pages are the largest, with the most that a page may hold. */
export const largestList = '/api/posts?limit=100'

/** Words that are in most rows, joined so that the search has to rank nearly all of them. */
const commonWords = 'a garden has words of many kinds post topic word kind garden words has many post topic1'
const search = (words: string) => `/api/posts?order=relevance&q=${encodeURIComponent(words)}`
const costlySearch = search(commonWords.split(' ').slice(-16).join(' or '))

const post = (path: string, body: object): Request => ({ method: 'POST', path, body: JSON.stringify(body) })
const get = (path: string, headers = {}): Request => ({ method: 'GET', path, headers })
const newPassword = 'a password nobody chose yet'
const batchOf = (path: string) => `/trpc/${Array.from({ length: 10 }, () => path).join(',')}?batch=1`

export interface Flood {
  requests: readonly Request[]
  /** Left out of quick runs. */
  isSlow?: true
}

/** What one address sends over and over, by the name of the attack. */
export const floods: Readonly<Record<string, Flood>> = {
  login: { requests: [post('/api/auth/login', { email: 'nobody@example.com', password: newPassword })] },
  'login over tRPC': {
    requests: [post('/trpc/auth.login', { json: { email: 'nobody@example.com', password: newPassword } })],
    isSlow: true,
  },
  register: {
    requests: [post('/api/auth/register', { email: 'f@example.com', password: newPassword, name: 'Flood' })],
  },
  'request of a password reset': { requests: [post('/api/auth/password-reset', { email: 'user-1@example.com' })] },
  'reset with a bad token': {
    requests: [post('/api/auth/password-reset/confirm', { token: 'x', password: newPassword })],
  },
  'refresh with a bad token': { requests: [post('/api/auth/refresh', { refreshToken: 'A'.repeat(43) })], isSlow: true },
  'search by relevance': { requests: [get(costlySearch)] },
  'big lists': { requests: [get(largestList)] },
  'big lists, in batches': { requests: [get(batchOf('posts.list'))], isSlow: true },
  'unknown routes': { requests: [get('/api/nothing'), get('/nothing'), get('/trpc/nothing')], isSlow: true },
  'bad credentials': {
    requests: [get('/api/users/me', { authorization: 'Bearer x' }), get('/api/users/me')],
    isSlow: true,
  },
  'bad inputs': { requests: [post('/api/auth/login', { email: 'x' }), get('/api/posts?limit=0')], isSlow: true },
  'a body that no limit admits': {
    requests: [post('/api/posts', { title: 'x', body: 'x'.repeat(200_000) })],
    isSlow: true,
  },
  'the documentation': { requests: [get('/docs/swagger-ui.js')] },
  readiness: { requests: [get('/readyz')], isSlow: true },
}

/** What costs a server least: 80 connections that send it are what any crowd does to others. */
export const harmless: readonly Request[] = [get('/livez')]

/** What the others do meanwhile. */
export function othersDo({ nextStranger, nextAddress }: HostileStage): Readonly<Record<string, Asked>> {
  const from = () => ({ 'x-forwarded-for': nextAddress() })
  const signedIn = () => ({ ...from(), authorization: `Bearer ${nextStranger().accessToken}` })
  const logIn = () => post('/api/auth/login', { email: nextStranger().user.email, password })
  const askForReset = () => post('/api/auth/password-reset', { email: nextStranger().user.email })
  return {
    livez: { perSecond: 10, write: () => get('/livez') },
    readyz: { perSecond: 3, write: () => get('/readyz') },
    'own account': { perSecond: 10, write: () => get('/api/users/me', signedIn()) },
    list: { perSecond: 5, write: () => get('/api/posts', from()) },
    search: { perSecond: 4, write: () => get(search('topic17'), from()) },
    login: { perSecond: 1, write: () => ({ ...logIn(), headers: from() }) },
    'password reset': { perSecond: 2, write: () => ({ ...askForReset(), headers: from() }) },
  }
}
