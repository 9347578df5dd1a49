import { buildApp } from '../server/app.js'
import { createCallers } from '../server/callers.js'
import { loadConfig } from '../server/config.js'
import { type Container, createContainer } from '../server/container.js'
import { createUsers, signInAll } from './support/people.js'
import { report } from './support/report.js'
import { password, productionSettings, startDatabase } from './support/settings.js'
import { medians, rounded } from './support/timing.js'

// Longer than a session is remembered.
const forgottenAfterMs = 6_000
const origin = { requestId: 'bench', ip: '127.0.0.1', userAgent: 'bench' }

/** Measures what a call costs by transport, and what knowing its caller, tokens and passwords cost, in turns. */
const postgres = await startDatabase()
const start = Date.now()
const now = { time: start }
const config = loadConfig({ ...(await productionSettings(postgres.url)), LOG_LEVEL: 'silent' })
const container = createContainer(config, { clock: { now: () => new Date(now.time) } })
const app = await buildApp(container)
try {
  const [user, ...others] = await signInAll(container, await createUsers(container, 40))
  if (!user) throw new Error('There is no user.')
  const key = await createKey(container, user.user)
  const calls = { ...callsOf(container, user.accessToken, key), ...sessionsOf(container, user, others) }
  show('Calls of users.me and their sessions', 'REST, session remembered', await medians(calls, { rounds: 300 }))
  show('Passwords', 'verify, right', await medians(await passwordsOf(container), { rounds: 9 }))
} finally {
  await app.close()
  await container.close()
  await postgres.stop()
}

type SignedIn = Awaited<ReturnType<typeof signInAll>>[number]

async function createKey({ services }: Container, { id: userId, role }: SignedIn['user']): Promise<string> {
  const actor = { userId, role, sessionId: null, origin }
  return (await services.apiKeys.create(actor, { name: 'bench', scopes: ['users:read'] })).key
}

function callsOf(of: Container, token: string, key: string) {
  const caller = createCallers(of).withToken(token)
  return {
    'no procedure: /livez': () => get('/livez'),
    'REST, session remembered': () => get('/api/users/me', token),
    'REST, API key': () => get('/api/users/me', key),
    'tRPC, session remembered': () => get('/trpc/users.me', token),
    'in process, session remembered': () => caller.users.me(),
  }
}

async function get(url: string, token?: string): Promise<void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const { statusCode } = await app.inject({ url, headers })
  if (statusCode !== 200) throw new Error(`${url} was answered with ${statusCode}.`)
}

function sessionsOf({ accessTokens, services: { sessions } }: Container, first: SignedIn, others: SignedIn[]) {
  const { id: userId, role } = first.user
  const sign = async () => (await accessTokens.sign({ userId, role, sessionId: first.sessionId })).token
  let turn = 0
  let { refreshToken } = first
  return {
    'REST, session read': async () => {
      turn += 1
      // By the clock, each of these sessions was read long ago, or will be.
      now.time = start + forgottenAfterMs * (turn % 140)
      await get('/api/users/me', others[turn % others.length]?.accessToken)
      now.time = start
    },
    'a refresh': async () => {
      refreshToken = (await sessions.refresh(origin, [refreshToken])).refreshToken
    },
    'a token signed': sign,
    'a token signed, and verified for the first time': async () => accessTokens.verify(await sign()),
  }
}

async function passwordsOf({ passwords }: Container) {
  const hash = await passwords.hash(password, origin)
  return {
    hash: () => passwords.hash(password, origin),
    'verify, right': () => passwords.verify(password, hash, origin),
    'verify, no account': () => passwords.verify(password, null, origin),
    'the policy': () => passwords.assertAcceptable(password, { email: 'ada@example.com', name: 'Ada Okafor' }),
  }
}

function show(title: string, base: string, times: Readonly<Record<string, number>>): void {
  const rows = Object.entries(times).map(([what, ms]) => {
    return { what, µs: rounded(ms * 1000), [`to ${base}`]: rounded(ms / (times[base] ?? Number.NaN), 3) }
  })
  report(`${title}, median`, rows)
}
