import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { AppError } from '../../core/errors.js'
import { createUser } from '../../testing/factories.js'
import { createFakeClock, type FakeClock } from '../../testing/fake-clock.js'
import { createRandom } from '../../testing/random.js'
import { explain, type ModelAction, type ModelOutcome, type ModelState } from '../../testing/session-model.js'
import { startTestApp } from '../../testing/test-app.js'
import { lockAccount } from '../auth/credentials.js'
import { createSessionsService, type SessionsService } from './service.js'
import type { SessionUser, SignedIn } from './session.js'

/** Increase these for a longer search; a failure names its seed. */
const schedules = 300
const firstSeed = 1
const lanes = 4

const clients = 3
const pausesSeconds = [0, 0, 0, 1, 9, 10, 11, 600, 6 * 86_400, 7 * 86_400]

const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '16' } })
it('S18: for any concurrent operations on a session, one order explains the responses, and no ended session is usable', async () => {
  const seeds = Array.from({ length: schedules }, (_, index) => firstSeed + index)
  const unexplained: string[] = []
  const lane = async () => {
    for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) unexplained.push(...(await runSchedule(seed)))
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  expect(unexplained).toEqual([])
}, 120_000)

interface Run {
  clock: FakeClock
  service: SessionsService
  userId: string
  sessionId: string
  /** The refresh tokens that were issued, by generation. */
  tokens: Map<number, string>
  /** A token of another session of the user, which has ended. */
  deadToken: string
  other: SessionUser
  /** The current generation of each client. */
  held: number[]
  issued: SignedIn[]
}

/** Runs one schedule. Returns the responses that no order explains. */
async function runSchedule(seed: number): Promise<string[]> {
  const random = createRandom(seed).below
  const run = await start()
  let state = initialState(run)
  for (let round = 0; round < 4; round += 1) {
    const plans = Array.from({ length: 1 + random(3) }, () => ({ first: pickAction(run, random), more: random(3) }))
    const chains = await Promise.all(plans.map((plan) => actInTurn(run, plan)))
    const { generation, revokedAt } = await t.db.session.findUniqueOrThrow({ where: { id: run.sessionId } })
    const observed = { chains, generation, isEnded: revokedAt !== null, now: run.clock.now().getTime() }
    const explained = explain(state, observed)
    if (!explained) return [`seed ${seed}: no order explains ${JSON.stringify({ state, observed })}`]
    const isWon = chains.flat().some(({ outcome }) => typeof outcome === 'number')
    await expectAccess(run, seed, explained, isWon)
    if (explained.isEnded && state.isEnded) return []
    state = explained
    run.clock.advance(pausesSeconds[random(pausesSeconds.length)] ?? 0)
  }
  return []
}

async function start(): Promise<Run> {
  const clock = createFakeClock()
  const { db, container } = t
  const { log, accessTokens, services } = container
  const tokenSecret = t.config.identity.tokenSecret
  const service = createSessionsService({ db, clock, log, audit: services.audit, accessTokens, tokenSecret })
  const user = await createUser(t)
  const other = await createUser(t)
  const opened = await db.$transaction((tx) => service.open(tx, user, originOf(), 'body'))
  const { refreshToken: deadToken } = await db.$transaction((tx) => service.open(tx, user, originOf(), 'body'))
  await service.logOut({ bearer: null, origin: originOf() }, [deadToken])
  const tokens = new Map([[0, opened.refreshToken]])
  const held = Array<number>(clients).fill(0)
  return {
    clock,
    service,
    userId: user.id,
    sessionId: opened.sessionId,
    tokens,
    deadToken,
    other,
    held,
    issued: [opened],
  }
}

function initialState({ clock }: Run): ModelState {
  const now = clock.now().getTime()
  const times = { rotatedAt: 0, expiresAt: now + 7 * 86_400_000, absoluteExpiresAt: now + 30 * 86_400_000 }
  return { generation: 0, ...times, isEnded: false, isUserDisabled: false }
}

function pickAction({ held, tokens }: Run, random: (below: number) => number): ModelAction {
  const dice = random(24)
  const old = random(tokens.size)
  if (dice === 0) return { kind: 'revoke' }
  if (dice === 1) return { kind: 'reset' }
  if (dice === 2) return { kind: 'disable' }
  if (dice === 3) return pickLogout(old, random)
  if (dice === 4) return { kind: 'login', generation: old, isOther: random(2) === 0 }
  const client = random(clients)
  const generation = dice < 7 ? old : (held[client] ?? 0)
  if (dice < 14) return { kind: 'refresh', client, generation }
  const besides = [['dead'], ['unknown'], [old], ['dead', old, 'unknown'], [generation]] as const
  return { kind: 'refresh', client, generation, beside: besides[random(besides.length)] ?? [] }
}

function pickLogout(old: number, random: (below: number) => number): ModelAction {
  const generations = [old, 'dead', 'unknown'] as const
  const pick = () => generations[random(generations.length)] ?? old
  const all = [
    { by: 'body', generation: pick() },
    { by: 'cookie', generation: pick() },
    { by: 'cookie', generation: pick() },
    { by: 'bearer', generation: old },
  ] as const
  return { kind: 'logout', carriers: all.filter(() => random(2) === 0) }
}

/** An action, after a successful refresh followed by others of the same client, each with its result. */
async function actInTurn(run: Run, { first, more }: { first: ModelAction; more: number }) {
  const chain = [{ action: first, outcome: await act(run, first) }]
  if (first.kind !== 'refresh') return chain
  for (let turn = 0; turn < more; turn += 1) {
    const generation = chain.at(-1)?.outcome
    if (typeof generation !== 'number') return chain
    const action = { ...first, generation, beside: [] }
    chain.push({ action, outcome: await act(run, action) })
  }
  return chain
}

async function act(run: Run, action: ModelAction): Promise<ModelOutcome> {
  const { service, userId, sessionId } = run
  const actor = { userId, sessionId, role: 'user', origin: originOf() } as const
  if (action.kind === 'refresh') return refresh(run, action)
  if (action.kind === 'revoke') return answerOf(service.revoke(actor, { id: sessionId }), 'NOT_FOUND', 'missing')
  if (action.kind === 'logout') {
    const isBearer = action.carriers.some(({ by }) => by === 'bearer')
    const presented = action.carriers
      .filter(({ by }) => by !== 'bearer')
      .map(({ generation }) => tokenOf(run, generation))
    // The first issued token, which has expired in many schedules but still identifies its session.
    const bearer = isBearer ? (run.issued[0]?.accessToken ?? null) : null
    return answerOf(service.logOut({ bearer, origin: originOf() }, presented))
  }
  if (action.kind === 'login') return answerOf(logInOver(run, action))
  return answerOf(
    t.db.$transaction(async (tx) => {
      const disabledAt = action.kind === 'disable' ? { disabledAt: run.clock.now() } : {}
      await tx.user.update({ where: { id: userId }, data: { version: { increment: 1 }, ...disabledAt } })
      await service.endAll(tx, { userId, reason: action.kind })
    }),
  )
}

/** What a login does after the password was verified. */
async function logInOver({ service, other, userId, ...run }: Run, action: { generation: number; isOther: boolean }) {
  const id = action.isOther ? other.id : userId
  await t.db.$transaction(async (tx) => {
    const user = await lockAccount(tx, id)
    if (!user) return
    const refreshTokens = [tokenOf(run, action.generation)]
    await service.endReplaced(tx, { refreshTokens, origin: originOf() })
    await service.open(tx, user, originOf(), 'cookie')
  })
}

type Tokens = Pick<Run, 'tokens' | 'deadToken'>

function tokenOf({ tokens, deadToken }: Tokens, generation: number | 'dead' | 'unknown'): string {
  if (generation === 'dead') return deadToken
  return generation === 'unknown' ? 'a token of nobody' : (tokens.get(generation) ?? '')
}

async function refresh(run: Run, { client, generation, beside = [] }: Extract<ModelAction, { kind: 'refresh' }>) {
  const presented = [...beside, generation].map((place) => tokenOf(run, place))
  const signedIn = await run.service.refresh(originOf(), presented).catch(orCode('INVALID_TOKEN'))
  if (!signedIn) return 'refused'
  const successor = Number(signedIn.refreshToken.split('.')[1])
  // Two different tokens of one generation would both be valid.
  expect(run.tokens.get(successor) ?? signedIn.refreshToken).toBe(signedIn.refreshToken)
  run.tokens.set(successor, signedIn.refreshToken)
  run.held[client] = successor
  run.issued.push(signedIn)
  return successor
}

/** The tokens of a round work if and only if the session is still active. */
async function expectAccess({ service, issued }: Run, seed: number, { isEnded }: ModelState, isWon: boolean) {
  if (!isEnded && !isWon) return
  const latest = issued.slice(-2)
  const actors = await Promise.all(latest.map(({ accessToken }) => service.authenticate(accessToken)))
  const works = actors.map((actor) => actor !== null)
  expect(works, `seed ${seed}: access after a round`).toEqual(latest.map(() => !isEnded))
}

async function answerOf(call: Promise<void>, code?: string, word: ModelOutcome = 'refused'): Promise<ModelOutcome> {
  return call.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof AppError && error.code === code) return word
      throw error
    },
  )
}

function orCode(code: string) {
  return (error: unknown) => {
    if (error instanceof AppError && error.code === code) return null
    throw error
  }
}

function originOf() {
  return { requestId: randomUUID(), ip: '127.0.0.1', userAgent: 'model' }
}
