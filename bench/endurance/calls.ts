import { connect } from 'node:net'
import type { Request } from '../support/http.js'
import { clientAddress, password } from '../support/settings.js'

/** A user with the latest tokens of a session. */
export interface Person {
  email: string
  accessToken: string
  refreshToken: string
  /** The client's own address, from which it logs in and refreshes. */
  address: string
}

/** One kind of request of the load. */
export interface Kind {
  name: string
  /** The statuses that a server without a fault answers; 0 where the client leaves before an answer. */
  expected: readonly number[]
  create(turn: Turn): Request
  clients: number
  /** How long each client waits after an answer, in milliseconds. */
  pauseMs: number
  /** After how many milliseconds the client leaves. */
  patienceMs?: number
}

/** The user whose turn it is, and the number of the request among all of its kind. */
interface Turn {
  person: Person
  admin: Person
  index: number
}

/** The kinds of requests, apart from refreshes, which change the tokens of the others. */
export const kinds: readonly Kind[] = [
  { name: 'users.me', expected: [200], create: get('/api/users/me'), clients: 4, pauseMs: 40 },
  { name: 'sessions.list', expected: [200], create: get('/api/sessions'), clients: 2, pauseMs: 60 },
  {
    name: 'tRPC batch',
    expected: [200],
    create: get('/trpc/users.me,sessions.list?batch=1&input=%7B%7D'),
    clients: 2,
    pauseMs: 60,
  },
  { name: 'users.list', expected: [200], create: list, clients: 1, pauseMs: 200 },
  { name: 'users.updateMe', expected: [200], create: rename, clients: 1, pauseMs: 100 },
  { name: 'users.create', expected: [201], create: invite, clients: 1, pauseMs: 1_000 },
  { name: 'auth.login', expected: [200], create: logIn(password), clients: 1, pauseMs: 1_500 },
  // So rarely that no account has ten wrong passwords in 15 minutes, after which it must wait.
  { name: 'wrong password', expected: [401], create: logIn('not the password at all'), clients: 1, pauseMs: 10_000 },
  { name: 'auth.register', expected: [202], create: register, clients: 1, pauseMs: 2_000 },
  { name: 'input of another shape', expected: [400], create: post('{"email":7}'), clients: 1, pauseMs: 100 },
  { name: 'malformed JSON', expected: [400], create: post('{"email":'), clients: 1, pauseMs: 100 },
  { name: 'no credential', expected: [401], create: anonymous('/api/users/me'), clients: 1, pauseMs: 100 },
  { name: 'unknown path', expected: [404], create: anonymous('/api/nothing'), clients: 1, pauseMs: 100 },
  // Some are answered before the client leaves.
  { name: 'aborted', expected: [0, 200], create: list, clients: 2, pauseMs: 100, patienceMs: 3 },
]

/** Refreshes a session with its latest token. */
export function refresh({ refreshToken, address }: Person): Request {
  return write('POST', '/api/auth/refresh', { headers: from(address), body: { refreshToken } })
}

/** Opens a connection, sends nothing, half of the headers or half of a body, and drops it after a moment. */
export function dropSocket(port: number, index: number): Promise<void> {
  const starts = [
    '',
    'GET /api/users/me HTTP/1.1\r\nhost: localhost\r\nx-half: ',
    'POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  ]
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.write(starts[index % starts.length] ?? '')
      setTimeout(() => (index % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()), 20)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}

function get(path: string): Kind['create'] {
  return ({ person }) => ({ method: 'GET', path, headers: bearer(person) })
}

function list({ admin, index }: Turn): Request {
  return { method: 'GET', path: `/api/users?limit=50&page=${1 + (index % 2)}`, headers: bearer(admin) }
}

function rename({ person, index }: Turn): Request {
  return write('PATCH', '/api/users/me', { headers: bearer(person), body: { name: `User ${index}` } })
}

function invite({ admin, index }: Turn): Request {
  const headers = { ...bearer(admin), 'idempotency-key': `invitation-${index}` }
  return write('POST', '/api/users', { headers, body: { email: `invited-${index}@example.com`, name: 'Invited' } })
}

function logIn(given: string): Kind['create'] {
  return ({ person: { email, address } }) =>
    write('POST', '/api/auth/login', { headers: from(address), body: { email, password: given } })
}

function register({ index }: Turn): Request {
  const body = { email: `registered-${index}@example.com`, name: 'Registered', password }
  return write('POST', '/api/auth/register', { headers: from(nextAddress(index)), body })
}

function post(body: string): Kind['create'] {
  return ({ index }) => ({ method: 'POST', path: '/api/auth/login', headers: from(nextAddress(index)), body })
}

function anonymous(path: string): Kind['create'] {
  return ({ index }) => ({ method: 'GET', path, headers: from(nextAddress(index)) })
}

function write(
  method: string,
  path: string,
  { headers, body }: { headers: Request['headers']; body: object },
): Request {
  return { method, path, ...(headers && { headers }), body: JSON.stringify(body) }
}

const bearer = ({ accessToken }: Person) => ({ authorization: `Bearer ${accessToken}` })

const from = (address: string) => ({ 'x-forwarded-for': address })

// So many that none reaches a limit; registrations are limited for an hour. The first ones are those of users.
const nextAddress = (index: number) => clientAddress(1_000 + (index % 8192))
