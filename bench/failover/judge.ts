import { endOf, isBad, isGood, listBad, slowestRefusal } from '../faults/judge.js'
import { rounded } from '../support/timing.js'
import type { Story } from './run.js'
import type { Outcome } from './traffic.js'

/** A measure of a failover, and whether it is as it must be. */
export interface Measure {
  name: string
  value: string | number
  isBroken: boolean
}

const backWithinSeconds = 5

/** The measures of a failover, in the order of the report. */
export function judge(story: Story): Measure[] {
  const { outcomes, audit, sessions, haveLived, promotedAt, leftAt } = story
  const write = eachServer(story, (server) => firstSuccess(story, server, isWrite))
  const ready = eachServer(story, (server) => firstSuccess(story, server, ({ kind }) => kind === 'readyz'))
  const before = outcomes.filter((outcome) => endOf(outcome) < leftAt && !isGood(outcome))
  const unexpected = outcomes.filter((outcome) => isBad(outcome) || (!isGood(outcome) && outcome.status !== 503))
  const deaf = outcomes.filter((outcome) => outcome.kind === 'livez' && !isGood(outcome))
  const isLate = (seconds: readonly number[]) => seconds.some((value) => !(value <= backWithinSeconds))
  return [
    measure('without a primary, s', rounded((promotedAt - leftAt) / 1000, 1)),
    measure('first write through each server, s after the promotion', write.join(', '), isLate(write)),
    measure('ready again, s after the promotion', ready.join(', '), isLate(ready)),
    measure('acknowledged writes', audit.acknowledged, audit.acknowledged === 0),
    measure('lost', audit.lost, audit.lost > 0),
    measure('answered with an error', audit.refused),
    measure('of these, written', audit.refusedButDone),
    measure('sessions', sessions.count),
    measure('rejected afterwards', sessions.rejected, sessions.rejected > 0),
    measure('ended, or taken for stolen', sessions.ended + sessions.reuses, sessions.ended + sessions.reuses > 0),
    measure('answers', countStatuses(outcomes)),
    measure('of these, 503 before the failover', before.length),
    measure('neither success nor a complete 503', listBad(unexpected) || 0, unexpected.length > 0),
    measure('slowest 503, s', slowestRefusal(outcomes)),
    measure('processes that lived', haveLived.filter(Boolean).length, deaf.length > 0 || haveLived.includes(false)),
    measure('until a mail of afterwards was sent, s', rounded(story.mailMs / 1000, 1), isNever(story.mailMs)),
    measure('until all mails of before were sent, s', rounded(story.mailsMs / 1000, 1), isNever(story.mailsMs)),
  ]
}

function measure(name: string, value: string | number, isBroken = false): Measure {
  return { name, value, isBroken }
}

const isNever = (ms: number): boolean => ms === Number.POSITIVE_INFINITY
const isWrite = ({ kind }: Outcome): boolean => kind === 'invite' || kind === 'rename'

function eachServer({ haveLived }: Story, find: (server: number) => number): number[] {
  return haveLived.map((_, server) => find(server))
}

/** The seconds from the end of the promotion to the first success, or NaN without one. */
function firstSuccess({ outcomes, promotedAt }: Story, server: number, isAsked: (outcome: Outcome) => boolean): number {
  const ends = outcomes
    .filter((outcome) => outcome.server === server && isAsked(outcome) && isGood(outcome))
    .map(endOf)
    .filter((time) => time > promotedAt)
  return ends.length > 0 ? rounded((Math.min(...ends) - promotedAt) / 1000, 1) : Number.NaN
}

function countStatuses(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>()
  for (const { status, fault } of outcomes) {
    const name = String(status || fault)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => `${count} x ${name}`).join(', ')
}
