import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Request, send } from '../support/http.js'
import { password } from '../support/settings.js'
import { isGood } from './judge.js'
import type { Kind, Ledger } from './ledger.js'
import { creations, reads } from './targets.js'
import type { Extent } from './world.js'

/** The response to one request, and its time. */
export interface Outcome extends Answer {
  kind: string
  /** By `performance.now()`. */
  startedAt: number
}

export interface Person {
  id: string
  email: string
  accessToken: string
  refreshToken: string
  /** The clients; each has a different address, so that they do not exceed limits together. */
  address: string
}

/** Clients that send requests continuously. */
export interface Traffic {
  outcomes: readonly Outcome[]
  /** Sessions that were rejected although they were not ended. */
  lostSessions(): number
  /** Resolves once requests of each kind have succeeded, which fills caches. */
  warm(): Promise<void>
  /** Makes each client stop after its current request. */
  stop(): Promise<void>
}

interface TrafficOptions {
  url: string
  people: readonly Person[]
  admin: Person
  ledger: Ledger
  extent: Pick<Extent, 'writers'>
}

// A client without a response by then will never get one.
const patienceMs = 20_000

/** Starts clients of each kind: they write, read, refresh, log in, and check readiness. */
export function startTraffic({ url, ledger, ...actors }: TrafficOptions): Traffic {
  const outcomes: Outcome[] = []
  let lost = 0
  const client: Client = {
    ledger,
    onLostSession: () => void (lost += 1),
    async ask(kind, request) {
      const startedAt = performance.now()
      const outcome = { ...(await send(url, request, patienceMs)), kind, startedAt }
      outcomes.push(outcome)
      return outcome
    },
  }
  const stopping = new AbortController()
  setMaxListeners(100, stopping.signal)
  const clients = worksOf(client, actors).map(async ({ work, pauseMs }) => {
    while (!stopping.signal.aborted) {
      await work()
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })
  return {
    outcomes,
    lostSessions: () => lost,
    async warm() {
      const startedAt = performance.now()
      const answered = () => new Set(outcomes.filter(isGood).map(({ kind }) => kind)).size
      while (answered() < kindsOfTraffic && performance.now() - startedAt < patienceMs) await delay(50)
    },
    async stop() {
      stopping.abort()
      await Promise.all(clients)
    },
  }
}

interface Work {
  work: () => Promise<unknown>
  pauseMs: number
}

// Creations, renames, refreshes, logins, probes, and each kind of read.
const kindsOfTraffic = Object.keys(creations).length + 3 + 2 + Object.keys(reads).length

function worksOf(client: Client, { people, admin, extent }: Omit<TrafficOptions, 'url' | 'ledger'>): Work[] {
  const from = (first: number, count: number) => people.slice(first, first + count)
  const probe = (path: string) => () => client.ask(path.slice(1), { method: 'GET', path })
  return [
    ...from(0, extent.writers).map((person) => ({ work: createWriter(client, person, 'post'), pauseMs: 800 })),
    { work: createWriter(client, admin, 'invitation'), pauseMs: 250 },
    ...from(24, 2).map((person) => ({ work: createRenamer(client, person), pauseMs: 250 })),
    ...from(26, 4).map((person, index) => ({ work: createReader(client, person, index), pauseMs: 200 })),
    ...from(30, 4).map((person) => ({ work: createRefresher(client, person), pauseMs: 400 })),
    ...from(34, 1).map((person) => ({ work: createLogin(client, person), pauseMs: 1_500 })),
    { work: probe('/readyz'), pauseMs: 250 },
    { work: probe('/livez'), pauseMs: 250 },
  ]
}

interface Client {
  ask(kind: string, request: Request): Promise<Outcome>
  ledger: Ledger
  onLostSession(): void
}

function bearer({ accessToken, address }: Person): Record<string, string> {
  return { authorization: `Bearer ${accessToken}`, 'x-forwarded-for': address }
}

function createWriter({ ask, ledger }: Client, person: Person, kind: Kind) {
  return async () => {
    const { path, body } = creations[kind]
    const key = ledger.nextKey()
    ledger.note(kind, key, 'unknown')
    const request = { method: 'POST', path, headers: bearer(person), body: JSON.stringify(body(key)) }
    const { status } = await ask(`create ${kind}`, request)
    if (status === 201) ledger.note(kind, key, 'done')
    else if (status === 503 || status === 429) ledger.note(kind, key, 'refused')
  }
}

function createRenamer({ ask, ledger }: Client, person: Person) {
  return async () => {
    const body = JSON.stringify({ name: `User at ${Math.round(performance.now())}` })
    const request = { method: 'PATCH', path: '/api/users/me', headers: bearer(person), body }
    const answer = await ask('rename', request)
    if (answer.status === 200) ledger.noteVersion(person.id, JSON.parse(answer.body).data.version)
  }
}

function createReader({ ask }: Client, person: Person, first: number) {
  let turn = first
  return () => {
    const [name = '', path = ''] = Object.entries(reads)[turn++ % Object.keys(reads).length] ?? []
    return ask(`read ${name}`, { method: 'GET', path, headers: bearer(person) })
  }
}

// After a refresh without a response, the client sends the same token again, because it has no other.
function createRefresher({ ask, onLostSession }: Client, person: Person) {
  let { refreshToken } = person
  const headers = { 'x-forwarded-for': person.address }
  return async () => {
    if (!refreshToken) return
    const body = JSON.stringify({ refreshToken })
    const answer = await ask('refresh', { method: 'POST', path: '/api/auth/refresh', headers, body })
    if (answer.status === 200) refreshToken = JSON.parse(answer.body).data.refreshToken
    if (answer.status !== 401) return
    refreshToken = ''
    onLostSession()
  }
}

function createLogin({ ask }: Client, { email }: Person) {
  const body = JSON.stringify({ email, password })
  let turn = 0
  return () => {
    turn += 1
    const headers = { 'x-forwarded-for': `10.2.0.${turn % 250}` }
    return ask('login', { method: 'POST', path: '/api/auth/login', headers, body })
  }
}
