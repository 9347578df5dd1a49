import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../server/config.js'
import { createContainer } from '../server/container.js'
import { send } from './support/http.js'
import { createUsers, signInAll } from './support/people.js'
import { report } from './support/report.js'
import { startServer } from './support/server-process.js'
import { clientAddress, password, productionSettings, startDatabase } from './support/settings.js'
import { millisecondsOf, quantile, rounded } from './support/timing.js'

const clients = 200
const readers = 40
const readsPerSecond = 50
const calmMs = 4_000
const stormMs = 10_000
const pauseMs = 1_000

interface Answered {
  status: number
  ms: number
  hasRetryAfter: boolean
}

type Read = (index: number) => Promise<number>

/** 200 clients log in for 10 seconds while others read: how long both wait, and how logins are answered. */
const stall = monitorEventLoopDelay({ resolution: 5 })
const postgres = await startDatabase()
const settings = await productionSettings(postgres.url)
const tokens = await fillDatabase()
const server = await startServer(settings)
try {
  const read = createRead(server.url, await createPosts())
  await Promise.all([readFor(4_000, read), logInInTurn(server.url, 10)])
  stall.enable()
  const calm = await readFor(calmMs, read)
  const [stormy, logins] = await Promise.all([readFor(stormMs, read), storm(server.url)])
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

async function createPosts(): Promise<string> {
  const headers = { authorization: `Bearer ${tokens[0]}` }
  const post = { title: 'A title', body: 'A body.', status: 'published' }
  const { body } = await send(new URL('/api/posts', server.url), headers, post)
  return JSON.parse(body).data.id
}

function createRead(base: string, postId: string): Read {
  const urls = [new URL('/api/users/me', base), new URL(`/api/posts/${postId}`, base)]
  return async (index) => {
    const url = urls[index % urls.length] ?? new URL(base)
    const { status } = await send(url, { authorization: `Bearer ${tokens[index % tokens.length]}` })
    return status
  }
}

// Each read has its time whether the one before was answered or not, so that a stall is met by all that come in it.
async function readFor(ms: number, read: Read): Promise<Answered[]> {
  const start = performance.now()
  const reads = Array.from({ length: (ms / 1000) * readsPerSecond }, async (_, index): Promise<Answered> => {
    const due = start + (index * 1000) / readsPerSecond
    await delay(due - performance.now())
    const status = await read(index)
    return { status, ms: performance.now() - due, hasRetryAfter: false }
  })
  return Promise.all(reads)
}

async function storm(base: string): Promise<Answered[]> {
  const end = performance.now() + stormMs
  const url = new URL('/api/auth/login', base)
  const client = async (index: number) => {
    const answers: Answered[] = []
    while (performance.now() < end) {
      answers.push(await logIn(url, index))
      await delay(pauseMs * (0.5 + Math.random()))
    }
    return answers
  }
  return (await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))).flat()
}

// A server that has just started compiles its code on the way; what is measured is one that has served before.
async function logInInTurn(base: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await logIn(new URL('/api/auth/login', base), clients + index)
}

// Of four clients two know their password, one does not, and one has no account.
async function logIn(url: URL, index: number): Promise<Answered> {
  const email = `${index % 4 === 3 ? 'nobody' : 'user'}-${index}@example.com`
  const body = { email, password: index % 4 === 2 ? 'not the password at all' : password }
  let answer: Awaited<ReturnType<typeof send>> | undefined
  const ms = await millisecondsOf(async () => {
    answer = await send(url, { 'x-forwarded-for': clientAddress(index) }, body)
  })
  return { status: answer?.status ?? 0, ms, hasRetryAfter: answer?.retryAfter !== undefined }
}

function describeReads(name: string, reads: readonly Answered[]) {
  return {
    reads: name,
    count: reads.length,
    failed: reads.filter(({ status }) => status !== 200).length,
    ...spread(reads),
  }
}

function describeLogins(logins: readonly Answered[]) {
  const statuses = [...new Set(logins.map(({ status }) => status))].toSorted((a, b) => a - b)
  return statuses.map((status) => {
    const answers = logins.filter((login) => login.status === status)
    const told = answers.filter(({ hasRetryAfter }) => hasRetryAfter).length
    return { status, count: answers.length, 'with Retry-After': told, ...spread(answers) }
  })
}

function spread(answers: readonly Answered[]) {
  const times = answers.map(({ ms }) => ms)
  return { p50: rounded(quantile(times, 0.5)), p99: rounded(quantile(times, 0.99)), max: rounded(Math.max(...times)) }
}
