import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../server/config.js'
import { createContainer } from '../server/container.js'
import { type Answer, send } from './support/http.js'
import { sendAtPace, spread } from './support/pace.js'
import { createUsers, signInAll } from './support/people.js'
import { report } from './support/report.js'
import { startServer } from './support/server-process.js'
import { clientAddress, password, productionSettings, startDatabase } from './support/settings.js'
import { rounded } from './support/timing.js'

const clients = 200
const readers = 40
const readsPerSecond = 50
const calmMs = 4_000
const stormMs = 10_000
const pauseMs = 1_000

/** 200 clients log in for 10 seconds while others read: the times of both, and the results of the logins. */
const stall = monitorEventLoopDelay({ resolution: 5 })
const postgres = await startDatabase()
const settings = await productionSettings(postgres.url)
const tokens = await fillDatabase()
const server = await startServer(settings)
try {
  const readFor = (ms: number) => sendAtPace({ ms, perSecond: readsPerSecond }, read)
  await Promise.all([readFor(4_000), logInInTurn(10)])
  stall.enable()
  const calm = await readFor(calmMs)
  const [stormy, logins] = await Promise.all([readFor(stormMs), storm()])
  report('Authenticated reads, ms', [describeReads('calm', calm), describeReads('storm', stormy)])
  report(`Logins of ${clients} clients, ms`, describeLogins(logins))
  console.log(`the clients themselves stalled for at most ${rounded(stall.max / 1e6)} ms`)
} finally {
  await server.stop()
  await postgres.stop()
}

async function fillDatabase(): Promise<string[]> {
  const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }))
  try {
    const users = await createUsers(container, clients)
    return (await signInAll(container, users.slice(0, readers))).map(({ accessToken }) => accessToken)
  } finally {
    await container.close()
  }
}

function read(index: number): Promise<Answer> {
  const path = index % 2 === 0 ? '/api/users/me' : '/api/sessions'
  const headers = { authorization: `Bearer ${tokens[index % tokens.length]}` }
  return send(server.url, { method: 'GET', path, headers })
}

async function storm(): Promise<Answer[]> {
  const end = performance.now() + stormMs
  const client = async (index: number) => {
    const answers: Answer[] = []
    while (performance.now() < end) {
      answers.push(await logIn(index))
      await delay(pauseMs * (0.5 + Math.random()))
    }
    return answers
  }
  return (await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))).flat()
}

// Warms up the server, which still compiles its code after the start.
async function logInInTurn(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await logIn(clients + index)
}

// Of four clients two know their password, one does not, and one has no account.
function logIn(index: number): Promise<Answer> {
  const email = `${index % 4 === 3 ? 'nobody' : 'user'}-${index}@example.com`
  const body = JSON.stringify({ email, password: index % 4 === 2 ? 'not the password at all' : password })
  const headers = { 'x-forwarded-for': clientAddress(index) }
  return send(server.url, { method: 'POST', path: '/api/auth/login', headers, body })
}

function describeReads(name: string, reads: readonly Answer[]) {
  const failed = reads.filter(({ status }) => status !== 200).length
  return { reads: name, count: reads.length, failed, ...spread(reads) }
}

function describeLogins(logins: readonly Answer[]) {
  const statuses = [...new Set(logins.map(({ status }) => status))].toSorted((a, b) => a - b)
  return statuses.map((status) => {
    const answers = logins.filter((login) => login.status === status)
    const told = answers.filter(({ headers }) => headers['retry-after'] !== undefined).length
    return { status, count: answers.length, 'with Retry-After': told, ...spread(answers) }
  })
}
