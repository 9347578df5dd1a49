import type { Request } from '../support/http.js'
import { password } from '../support/settings.js'
import type { Asked } from './others.js'
import type { HostileStage } from './stage.js'

/*
 * The calls of the floods and of the other clients. Only this file depends on the application's procedures: if you
 * remove a resource, remove its lines here.
 */

/** The list with the largest pages, with the maximum page size. */
export const largestList = '/api/posts?limit=100'

/** One row, by an unknown id. */
export const readOne = '/api/posts/3f0c1c53-6d7b-4d0a-9c55-2a1f4b1c7d11'

/** The page that loads the largest files. */
export const docsPage = '/docs'

/** Words that are in most rows, joined so that the search must rank nearly all of them. */
const commonWords = 'a garden has words of many kinds post topic word kind garden words has many post topic1'
const search = (words: string) => `/api/posts?order=relevance&q=${encodeURIComponent(words)}`
const costlySearch = search(commonWords.split(' ').slice(-16).join(' or '))

const post = (path: string, body: object): Request => ({ method: 'POST', path, body: JSON.stringify(body) })
const get = (path: string, headers = {}): Request => ({ method: 'GET', path, headers })

export interface Flood {
  requests: readonly Request[]
  /** Whether quick runs include it. */
  isQuick: boolean
}

/** The requests that one address sends continuously, by the name of the attack. */
export function floodsOf({ nextToken, largestFile }: HostileStage): Readonly<Record<string, Flood>> {
  const signedIn = { authorization: `Bearer ${nextToken()}` }
  const rare = (...requests: Request[]) => ({ requests, isQuick: false })
  const usual = (...requests: Request[]) => ({ requests, isQuick: true })
  return {
    login: usual(post('/api/auth/login', wrongPassword)),
    'login over tRPC': rare(post('/trpc/auth.login', { json: wrongPassword })),
    register: rare(post('/api/auth/register', { email: 'f@example.com', password: newPassword, name: 'Flood' })),
    'request of a password reset': rare(post('/api/auth/password-reset', { email: 'user-1@example.com' })),
    'reset with a bad token': usual(post('/api/auth/password-reset/confirm', { token: 'x', password: newPassword })),
    'change of a password': rare({ ...post('/api/auth/change-password', wrongChange), headers: signedIn }),
    'refresh with a bad token': rare(post('/api/auth/refresh', { refreshToken: 'A'.repeat(43) })),
    'search by relevance': usual(get(costlySearch)),
    'search among users': rare(get('/api/users?limit=100&q=example', signedIn)),
    'big lists': usual(get(largestList)),
    'big lists, in batches': rare(get(batchOf('posts.list', { limit: 100 }))),
    'unknown routes': rare(get('/api/nothing'), get('/nothing'), get('/trpc/nothing')),
    'bad credentials': rare(get('/api/users/me', { authorization: 'Bearer x' }), get('/api/users/me')),
    'bad inputs': rare(post('/api/auth/login', { email: 'x' }), get('/api/posts?limit=0')),
    'a body that no limit admits': rare(post('/api/posts', { title: 'x', body: 'x'.repeat(200_000) })),
    'the documentation': usual(get(largestFile)),
    readiness: rare(get('/readyz')),
    'the largest rows, by a user': usual({ ...post('/api/posts', largestRow), headers: signedIn }),
  }
}

const newPassword = 'a password nobody chose yet'
const wrongPassword = { email: 'nobody@example.com', password: newPassword }
const wrongChange = { currentPassword: newPassword, newPassword }
const largestRow = { title: 'Large', body: 'A garden of words. '.repeat(2_600), status: 'published' }

function batchOf(path: string, input: object): string {
  const calls = Array.from({ length: 10 }, (_, index) => [index, { json: input }])
  const paths = calls.map(() => path).join(',')
  return `/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(Object.fromEntries(calls)))}`
}

/** The cheapest request for a server: 80 connections that send it show the effect of any load. */
export const harmless: readonly Request[] = [get('/livez')]

/** The requests of the others meanwhile. */
export function othersDo({ nextStranger, nextEmail, nextAddress }: HostileStage): Readonly<Record<string, Asked>> {
  const from = () => ({ 'x-forwarded-for': nextAddress() })
  const signedIn = () => ({ ...from(), authorization: `Bearer ${nextStranger().accessToken}` })
  const logIn = () => post('/api/auth/login', { email: nextEmail(), password })
  const askForReset = () => post('/api/auth/password-reset', { email: nextEmail() })
  return {
    livez: { perSecond: 10, write: () => get('/livez') },
    readyz: { perSecond: 3, write: () => get('/readyz') },
    'own account': { perSecond: 10, write: () => get('/api/users/me', signedIn()) },
    list: { perSecond: 5, write: () => get('/api/posts', from()) },
    search: { perSecond: 4, write: () => get(search('topic17'), from()) },
    login: { perSecond: 1.5, write: () => ({ ...logIn(), headers: from() }) },
    'password reset': { perSecond: 2, write: () => ({ ...askForReset(), headers: from() }) },
  }
}
