import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Request, send } from '../support/http.js'
import { clientAddress, password } from '../support/settings.js'

/** What clients have seen so far. */
export interface Tally {
  answers: number
  /** Answers that are not a success, by kind and status. */
  failed: string[]
  /** Sessions that were not shown with the user agent that was sent last. */
  wrong: string[]
}

/** A user who has signed in before the update. */
export interface Person {
  email: string
  accessToken: string
  refreshToken: string
}

interface Client {
  person: Person
  /** The user agent of the session's last login or refresh. */
  userAgent: string
  ask(kind: string, request: Request): Promise<Answer>
  tally: Tally
}

const pauseMs = 100
const patienceMs = 20_000
// A user may export ten times an hour. A fast machine comes to 2,200 turns.
const exports = { every: 240, atMost: 9 }
let agents = 0

/** Starts a client for each person, which sends one request after the other, with a new user agent from time to time. */
export function startTraffic(url: string, people: readonly Person[], userAgent: string) {
  const tally: Tally = { answers: 0, failed: [], wrong: [] }
  let isOver = false
  let mayRefresh = true
  const ask = async (kind: string, request: Request) => {
    const answer = await send(url, request, patienceMs)
    tally.answers += 1
    if (answer.status < 200 || answer.status > 299) tally.failed.push(`${kind} ${answer.status || answer.fault}`)
    return answer
  }
  const ended = people.map(async (person, index) => {
    const client: Client = { person: { ...person }, userAgent, ask, tally }
    // Each begins elsewhere, so that they do not log in at the same time.
    for (let turn = 3 * index; !isOver; turn += 1) {
      await work(client, turn, mayRefresh)
      await delay(pauseMs)
    }
    await checkSessions(client)
  })
  return {
    tally,
    /** Whether clients log in and refresh. What two releases wrote in turns shows in sessions that are then left alone. */
    allowRefreshes(may: boolean) {
      mayRefresh = may
    },
    /** Each client looks at its sessions once more. */
    async stop() {
      isOver = true
      await Promise.all(ended)
    },
  }
}

async function work(client: Client, turn: number, mayRefresh: boolean): Promise<void> {
  if (mayRefresh && turn % 40 === 0) return signInAgain(client)
  if (mayRefresh && turn % 8 === 0) return refresh(client)
  if (turn % 4 === 1) return rename(client)
  if (turn % exports.every === 18 && turn < exports.every * exports.atMost)
    return void (await client.ask('export', { method: 'GET', path: '/api/users/me/export', headers: bearer(client) }))
  return checkSessions(client)
}

async function checkSessions({ person, userAgent, ask, tally }: Client): Promise<void> {
  const answer = await ask('sessions', { method: 'GET', path: '/api/sessions', headers: bearer({ person }) })
  if (answer.status !== 200) return
  const sessions: { isCurrent: boolean; userAgent: string }[] = JSON.parse(answer.body).data
  const shown = sessions.find(({ isCurrent }) => isCurrent)?.userAgent
  if (shown !== userAgent) tally.wrong.push(`${shown} instead of ${userAgent}`)
}

async function rename({ person, ask }: Client): Promise<void> {
  const body = JSON.stringify({ name: `Name ${Math.random()}` })
  await ask('rename', { method: 'PATCH', path: '/api/users/me', headers: bearer({ person }), body })
}

function refresh(client: Client): Promise<void> {
  return exchange(client, 'refresh', { refreshToken: client.person.refreshToken })
}

async function signInAgain(client: Client): Promise<void> {
  const former = bearer(client)
  const { email, accessToken } = client.person
  await exchange(client, 'login', { email, password, delivery: 'body' })
  if (client.person.accessToken === accessToken) return
  await client.ask('logout', { method: 'POST', path: '/api/auth/logout', headers: former, body: '{}' })
}

async function exchange(client: Client, kind: 'login' | 'refresh', input: object): Promise<void> {
  agents += 1
  const userAgent = `agent-${agents}`
  const headers = { 'user-agent': userAgent, 'x-forwarded-for': clientAddress(agents) }
  const body = JSON.stringify(input)
  const answer = await client.ask(kind, { method: 'POST', path: `/api/auth/${kind}`, headers, body })
  if (answer.status !== 200) return
  const { accessToken, refreshToken } = JSON.parse(answer.body).data
  client.userAgent = userAgent
  client.person = { ...client.person, accessToken, refreshToken }
}

function bearer({ person }: Pick<Client, 'person'>): Record<string, string> {
  return { authorization: `Bearer ${person.accessToken}` }
}
