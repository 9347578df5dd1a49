import { buildApp } from '../server/app.js'
import { loadConfig } from '../server/config.js'
import { createContainer } from '../server/container.js'
import { createUsers, signInAll } from './support/people.js'
import { report } from './support/report.js'
import { productionSettings, startDatabase } from './support/settings.js'
import { medians, rounded } from './support/timing.js'

/** Measures the cost of authentication: with the session cached, read again, and for an anonymous caller. */
const postgres = await startDatabase()
const settings = await productionSettings(postgres.url)
const start = Date.now()
const now = { time: start }
const clock = { now: () => new Date(now.time) }
const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }), { clock })
const app = await buildApp(container)
const { sessions } = container.services
const origin = { requestId: 'bench', ip: '127.0.0.1', userAgent: 'bench' }
try {
  const users = await createUsers(container, 40)
  const tokens = (await signInAll(container, users)).map(({ accessToken }) => accessToken)
  await measure(tokens)
} finally {
  await app.close()
  await container.close()
  await postgres.stop()
}

async function measure([remembered = '', ...forgotten]: readonly string[]): Promise<void> {
  let turn = 0
  let [user] = await signInAll(container, await container.db.user.findMany({ take: 1 }))
  if (!user) throw new Error('There is no user.')
  const { sessionId } = user
  const claims = { userId: user.user.id, role: user.user.role, sessionId }
  const get = async (headers = {}) => {
    const { statusCode } = await app.inject({ url: '/api/posts?limit=1', headers })
    if (statusCode !== 200) throw new Error(`A request was answered with ${statusCode}.`)
  }
  // Moves the clock by more than the 5 seconds for which a session is cached.
  const stale = () => {
    turn += 1
    now.time = start + 6_000 * (turn % 140)
    return forgotten[turn % forgotten.length] ?? ''
  }
  const fresh = () => {
    now.time = start
    return remembered
  }
  const sign = async () => (await container.accessTokens.sign(claims)).token
  const times = await medians(
    {
      'request of nobody': () => get(),
      'request, session remembered': () => get({ authorization: `Bearer ${fresh()}` }),
      'request, session read': () => get({ authorization: `Bearer ${stale()}` }),
      'session remembered': () => sessions.authenticate(fresh()),
      'session read': () => sessions.authenticate(stale()),
      'token signed': sign,
      'token signed, and verified for the first time': async () => container.accessTokens.verify(await sign()),
      refresh: async () => {
        fresh()
        user = await sessions.refresh(origin, user ? [user.refreshToken] : [])
      },
    },
    { rounds: 300 },
  )
  reportCosts(times)
}

function reportCosts(times: Readonly<Record<string, number>>): void {
  const base = times['request of nobody'] ?? Number.NaN
  const rows = Object.entries(times).map(([what, ms]) => {
    return { what, µs: rounded(ms * 1000), 'to a request of nobody': rounded(ms / base, 3) }
  })
  report('What a session costs, median', rows)
}
