import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Request, send } from '../support/http.js'
import type { Ledger } from './ledger.js'
import type { Person, Stage } from './stage.js'

/** An answer, and which of the servers gave it. */
export interface Outcome extends Answer {
  kind: 'invite' | 'rename' | 'refresh' | 'read' | 'readyz' | 'livez'
  server: number
  /** By `performance.now()`. */
  startedAt: number
}

/** Clients that send requests to both servers, one after the other each. */
export interface Traffic {
  outcomes: readonly Outcome[]
  /** The newest refresh token of each user, by the id of the user. */
  refreshTokens: ReadonlyMap<string, string>
  /** Makes each client stop after its current request. */
  stop(): Promise<void>
}

// A client without a response by then will never get one.
const patienceMs = 20_000
const pauseMs = 250

/** Starts clients that invite, rename, refresh and read, and probes of each server. */
export function startTraffic({ servers, people }: Pick<Stage, 'servers' | 'people'>, ledger: Ledger): Traffic {
  const outcomes: Outcome[] = []
  const refreshTokens = new Map(people.flat().map(({ id, refreshToken }) => [id, refreshToken]))
  const stopping = new AbortController()
  setMaxListeners(200, stopping.signal)
  const clients = servers.flatMap(({ url }, server) => {
    const ask: Ask = async (kind, request) => {
      const startedAt = performance.now()
      const outcome = { ...(await send(url, request, patienceMs)), kind, server, startedAt }
      outcomes.push(outcome)
      return outcome
    }
    return worksOf({ ask, ledger, refreshTokens }, people[server] ?? []).map(async (work) => {
      while (!stopping.signal.aborted) {
        await work()
        await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
      }
    })
  })
  return {
    outcomes,
    refreshTokens,
    async stop() {
      stopping.abort()
      await Promise.all(clients)
    },
  }
}

type Ask = (kind: Outcome['kind'], request: Request) => Promise<Outcome>

interface Client {
  ask: Ask
  ledger: Ledger
  refreshTokens: Map<string, string>
}

const renamers = 9
const refreshers = 6

function worksOf(client: Client, [admin, ...people]: readonly Person[]): (() => Promise<unknown>)[] {
  if (!admin) return []
  return [
    createInviter(client, admin),
    ...people.slice(0, renamers).map((person) => createRenamer(client, person)),
    ...people.slice(renamers, renamers + refreshers).map((person) => createRefresher(client, person)),
    ...people.slice(renamers + refreshers).map((person) => () => client.ask('read', readMe(person))),
    () => client.ask('readyz', { method: 'GET', path: '/readyz' }),
    () => client.ask('livez', { method: 'GET', path: '/livez' }),
  ]
}

/** A request for the own account, which needs an active session. */
export function readMe(person: Person): Request {
  return { method: 'GET', path: '/api/users/me', headers: bearer(person) }
}

/** A request that creates an account with a mark as its name and address, and that sends a mail to it. */
export function inviteMarked(admin: Person, mark: string): Request {
  const body = JSON.stringify({ email: addressOf(mark), name: mark })
  return { method: 'POST', path: '/api/users', headers: bearer(admin), body }
}

export const addressOf = (mark: string): string => `${mark}@example.com`

/** A request that exchanges a refresh token. */
export function refreshWith(refreshToken: string, { address }: Person): Request {
  const body = JSON.stringify({ refreshToken })
  return { method: 'POST', path: '/api/auth/refresh', headers: { 'x-forwarded-for': address }, body }
}

function bearer({ accessToken, address }: Person): Record<string, string> {
  return { authorization: `Bearer ${accessToken}`, 'x-forwarded-for': address }
}

function createInviter({ ask, ledger }: Client, admin: Person) {
  return async () => {
    const mark = ledger.nextMark()
    const { status } = await ask('invite', inviteMarked(admin, mark))
    ledger.noteInvitation(mark, status === 201)
  }
}

// The version of a user counts the changes, so that an acknowledged one is missing if it is lower.
function createRenamer({ ask, ledger }: Client, person: Person) {
  return async () => {
    const body = JSON.stringify({ name: ledger.nextMark() })
    const answer = await ask('rename', { method: 'PATCH', path: '/api/users/me', headers: bearer(person), body })
    ledger.noteRename(person.id, answer.status === 200 ? JSON.parse(answer.body).data.version : undefined)
  }
}

// After a refresh without success, the client sends the same token again, because it has no other.
function createRefresher({ ask, refreshTokens }: Client, person: Person) {
  return async () => {
    const answer = await ask('refresh', refreshWith(refreshTokens.get(person.id) ?? '', person))
    if (answer.status === 200) refreshTokens.set(person.id, JSON.parse(answer.body).data.refreshToken)
  }
}
