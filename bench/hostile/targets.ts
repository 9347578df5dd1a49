import type { Request } from '../support/http.js'
import type { Asked, Other } from './others.js'

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

/** What one address sends over and over, by the name of the attack. */
export const floods: Readonly<Record<string, readonly Request[]>> = {
  login: [post('/api/auth/login', { email: 'nobody@example.com', password: newPassword })],
  'login over tRPC': [post('/trpc/auth.login', { json: { email: 'nobody@example.com', password: newPassword } })],
  register: [post('/api/auth/register', { email: 'flood@example.com', password: newPassword, name: 'Flood' })],
  'request of a password reset': [post('/api/auth/password-reset', { email: 'user-1@example.com' })],
  'reset with a bad token': [post('/api/auth/password-reset/confirm', { token: 'x', password: newPassword })],
  'refresh with a bad token': [post('/api/auth/refresh', { refreshToken: 'A'.repeat(43) })],
  'search by relevance': [get(costlySearch)],
  'big lists': [get(largestList)],
  'big lists, in batches': [get(batchOf('posts.list'))],
  'unknown routes': [get('/api/nothing'), get('/nothing'), get('/trpc/nothing')],
  'bad credentials': [get('/api/users/me', { authorization: 'Bearer x' }), get('/api/users/me')],
  'bad inputs': [post('/api/auth/login', { email: 'x' }), get('/api/posts?limit=0')],
  'a body that no limit admits': [post('/api/posts', { title: 'x', body: 'x'.repeat(200_000) })],
  'the documentation': [get('/docs/swagger-ui.js')],
  readiness: [get('/readyz')],
}

/** What the others do meanwhile. */
export function othersDo(other: Other): Readonly<Record<string, Asked>> {
  return {
    livez: { perSecond: 10, write: () => get('/livez') },
    'own account': { perSecond: 10, write: () => get('/api/users/me', other.next().headers) },
    list: { perSecond: 5, write: () => get('/api/posts', other.next().headers) },
    search: { perSecond: 4, write: () => get(search('topic17'), other.next().headers) },
    login: { perSecond: 1, write: () => logIn(other.next()) },
    'password reset': { perSecond: 2, write: () => askForReset(other.next()) },
  }
}

function logIn({ email, password, headers: { authorization: _none, ...headers } }: ReturnType<Other['next']>): Request {
  return { ...post('/api/auth/login', { email, password }), headers }
}

function askForReset({ email, headers }: ReturnType<Other['next']>): Request {
  return { ...post('/api/auth/password-reset', { email }), headers }
}
