import { setTimeout as delay } from 'node:timers/promises'
import { isGood } from '../faults/judge.js'
import { send } from '../support/http.js'
import { type Audit, createLedger } from './ledger.js'
import { type PostgresServer, query } from './postgres.js'
import type { Programs } from './programs.js'
import { database, openFailoverStage, type Stage } from './stage.js'
import { addressOf, inviteMarked, type Outcome, readMe, refreshWith, startTraffic, type Traffic } from './traffic.js'

/** A way to lose the primary. */
export interface Failover {
  name: string
  /** Makes the primary go away. */
  leave(servers: { primary: PostgresServer; standby: PostgresServer }): Promise<void> | void
  /** How long nobody promotes the standby. */
  withoutPrimaryMs: number
}

/** What happened during a failover. Times are by `performance.now()`. */
export interface Story {
  name: string
  outcomes: readonly Outcome[]
  /** When the primary went away. */
  leftAt: number
  /** When the promotion of the standby had ended. */
  promotedAt: number
  audit: Audit
  sessions: SessionFindings
  /** How long a mail took that each server had queued after the failover, in milliseconds; infinite if it was not sent. */
  mailMs: number
  /** How long it took then until the mail of each acknowledged invitation had been sent. */
  mailsMs: number
  /** For each server, whether its process ran until the end. */
  haveLived: readonly boolean[]
  /** What the servers logged as errors. */
  errors: readonly string[]
}

/** What became of the sessions from before the failover. */
interface SessionFindings {
  count: number
  /** Sessions whose access token, or whose refresh token, is rejected. */
  rejected: number
  /** Sessions that the server has ended, and refresh tokens that it took for stolen. */
  ended: number
  reuses: number
}

const beforeMs = 4_000
const afterMs = 8_000
const warmWithinMs = 30_000

/** Loses the primary of servers under load, promotes the standby, and compares what clients were told with the data. */
export async function runFailover(failover: Failover, programs: Programs): Promise<Story> {
  const stage = await openFailoverStage(programs)
  try {
    const ledger = createLedger()
    const traffic = startTraffic(stage, ledger)
    await warm(traffic)
    await delay(beforeMs)
    const leftAt = performance.now()
    await failover.leave(stage)
    await delay(failover.withoutPrimaryMs)
    await stage.standby.promote()
    const promotedAt = performance.now()
    await delay(afterMs)
    const mailMs = await inviteAfterwards(stage)
    await traffic.stop()
    const audit = await ledger.audit(stage.standby.url(database))
    const sessions = await trySessions(stage, traffic)
    const mailsMs = await untilMailed(stage, ledger.invited())
    const haveLived = stage.servers.map((server) => server.isRunning())
    const errors = stage.servers.flatMap((server) => server.faults())
    const { outcomes } = traffic
    return { name: failover.name, outcomes, leftAt, promotedAt, audit, sessions, mailMs, mailsMs, haveLived, errors }
  } finally {
    await stage.close()
  }
}

/** Waits until each kind of request has succeeded at each server. */
async function warm({ outcomes }: Traffic): Promise<void> {
  const deadline = performance.now() + warmWithinMs
  const kinds = (some: readonly Outcome[]) => new Set(some.map(({ kind, server }) => `${kind} ${server}`)).size
  const all = 12
  while (kinds(outcomes.filter(isGood)) < all) {
    if (performance.now() > deadline) throw new Error('The servers did not answer before the failover.')
    await delay(100)
  }
}

/** Invites a user through each server, and waits for the mails. @returns the time, as {@link untilMailed} */
async function inviteAfterwards(stage: Stage): Promise<number> {
  const marks = stage.servers.map((_, index) => `after-${index}`)
  for (const [index, mark] of marks.entries()) {
    const [admin] = stage.people[index] ?? []
    const url = stage.servers[index]?.url
    if (!admin || !url || (await send(url, inviteMarked(admin, mark))).status !== 201) return Number.POSITIVE_INFINITY
  }
  return untilMailed(stage, marks)
}

// A job that was running when its worker lost the database is returned to the queue after 90 seconds.
const mailWithinMs = 180_000

/** Waits until each mark has its mail. @returns the time in milliseconds, which is infinite if one was never sent */
async function untilMailed({ mail: { mails } }: Stage, marks: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  const isMailed = (mark: string) => mails.some((text) => text.includes(`To: ${addressOf(mark)}`))
  while (!marks.every(isMailed)) {
    if (performance.now() - startedAt > mailWithinMs) return Number.POSITIVE_INFINITY
    await delay(100)
  }
  return performance.now() - startedAt
}

/** Uses the tokens of each session from before the failover once more. */
async function trySessions(stage: Stage, { refreshTokens }: Traffic): Promise<SessionFindings> {
  let rejected = 0
  for (const [index, people] of stage.people.entries()) {
    const url = stage.servers[index]?.url ?? ''
    for (const person of people) {
      const read = await send(url, readMe(person))
      const refreshed = await send(url, refreshWith(refreshTokens.get(person.id) ?? '', person))
      if (read.status !== 200 || refreshed.status !== 200) rejected += 1
    }
  }
  const [row] = await query(stage.standby.url(database), countHarm)
  return { count: stage.people.flat().length, rejected, ended: Number(row?.ended), reuses: Number(row?.reuses) }
}

const countHarm = `
  SELECT (SELECT count(*) FROM "Session" WHERE "revokedAt" IS NOT NULL) AS "ended",
    (SELECT count(*) FROM "AuditEvent" WHERE "type" = 'refresh.reused') AS "reuses"`
