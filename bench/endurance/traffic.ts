import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { isRecord } from '../../server/core/unknown-values.js'
import { type Answer, type Request, send } from '../support/http.js'
import { dropSocket, type Kind, kinds, type Person, refresh } from './calls.js'

/** What a kind of request was answered, as a row of the report. */
export type Tally = {
  requests: string
  count: number
  'as expected': number
  /** The number of each status; 0 is a client that left, or a connection that broke. */
  statuses: string
}

/** Clients that send requests of all kinds continuously. */
export interface Traffic {
  /** How many requests have ended so far. */
  count(): number
  tallies(): Tally[]
  /** Makes each client stop after its current request. */
  stop(): Promise<void>
}

interface Actors {
  url: string
  people: readonly Person[]
  admin: Person
}

type Statuses = Map<number, number>

const refreshes = { name: 'auth.refresh', expected: [200] }
const drops = { name: 'dropped sockets', expected: [0] }

/** Starts the clients of each kind. */
export function startTraffic({ url, people, admin }: Actors): Traffic {
  const counts = new Map<string, Statuses>()
  const note = (name: string, status: number) => {
    const statuses: Statuses = counts.get(name) ?? new Map()
    counts.set(name, statuses.set(status, (statuses.get(status) ?? 0) + 1))
  }
  const ask = async (name: string, request: Request, patienceMs?: number) => {
    const answer = await send(url, request, patienceMs)
    note(name, answer.status)
    return answer
  }
  const stopping = new AbortController()
  setMaxListeners(100, stopping.signal)
  const repeat = async (work: (index: number) => Promise<unknown>, pauseMs: number) => {
    for (let index = 0; !stopping.signal.aborted; index += 1) {
      await work(index)
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const port = Number(new URL(url).port)
  const everyone = [...people, admin]
  const clients = [
    ...kinds.flatMap((kind) => clientsOf(kind, { people, admin, ask }).map((work) => repeat(work, kind.pauseMs))),
    repeat(createRefresher(everyone, admin, ask), 250),
    repeat(async (index) => note(drops.name, await dropSocket(port, index).then(() => 0)), 100),
  ]
  return {
    count: () => [...counts.values()].flatMap((statuses) => [...statuses.values()]).reduce(add, 0),
    tallies: () => [...kinds, refreshes, drops].map((kind) => tally(kind, counts.get(kind.name) ?? new Map())),
    async stop() {
      stopping.abort()
      await Promise.all(clients)
    },
  }
}

type Ask = (name: string, request: Request, patienceMs?: number) => Promise<Answer>

/** The clients of a kind, which share the numbers of its requests, so that each address is new. */
function clientsOf(kind: Kind, { people, admin, ask }: Omit<Actors, 'url'> & { ask: Ask }) {
  let next = 0
  return Array.from({ length: kind.clients }, () => async () => {
    const index = next++
    const person = people[index % people.length] ?? admin
    await ask(kind.name, kind.create({ person, admin, index }), kind.patienceMs)
  })
}

// One after the other, so that no token is used twice. A request without an answer is sent again with the same token.
function createRefresher(everyone: readonly Person[], admin: Person, ask: Ask) {
  return async (index: number) => {
    const person = everyone[index % everyone.length] ?? admin
    const { status, body } = await ask(refreshes.name, refresh(person))
    if (status !== 200) return
    const { data } = JSON.parse(body)
    if (isRecord(data)) Object.assign(person, { accessToken: data.accessToken, refreshToken: data.refreshToken })
  }
}

function tally({ name, expected }: Pick<Kind, 'name' | 'expected'>, statuses: Statuses): Tally {
  return {
    requests: name,
    count: [...statuses.values()].reduce(add, 0),
    'as expected': expected.map((status) => statuses.get(status) ?? 0).reduce(add, 0),
    statuses: [...statuses].map(([status, number]) => `${status}: ${number}`).join(', '),
  }
}

const add = (sum: number, number: number) => sum + number
