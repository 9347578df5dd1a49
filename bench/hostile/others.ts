import { type Answer, type Request, send } from '../support/http.js'
import { sendAtPace } from '../support/pace.js'
import { quantile } from '../support/timing.js'
import type { HostileStage } from './stage.js'
import { othersDo } from './targets.js'

/** The requests of clients that do not attack, and their rate. */
export interface Asked {
  perSecond: number
  write(): Request
}

/** The responses to clients that do not attack, by kind. */
export type Answers = Readonly<Record<string, Answer[]>>

interface Asking {
  ms: number
  /** The share of the usual rate, if several servers share the machine. */
  share?: number
}

/** Measures without an attack, and again if the machine is so busy that requests are rejected. */
export async function askInPeace(url: string, stage: HostileStage, asking: Asking): Promise<Answers> {
  const answers = await askAsOthers(url, stage, asking)
  return goodShare(answers) > 0.98 ? answers : askAsOthers(url, stage, asking)
}

/**
 * Sends the requests of ordinary users for that time, each from a different address, and the probe of a load balancer.
 */
export async function askAsOthers(url: string, stage: HostileStage, { ms, share = 1 }: Asking): Promise<Answers> {
  const asked = Object.entries(othersDo(stage)).map(async ([name, { perSecond, write }]) => {
    const pace = { ms, perSecond: perSecond * share }
    return [name, await sendAtPace(pace, () => send(url, write(), patienceMs))] as const
  })
  return Object.fromEntries(await Promise.all(asked))
}

const patienceMs = 20_000

/** @returns the share of successful responses, between 0 and 1 */
export function goodShare(answers: Answers): number {
  const all = Object.values(answers).flat()
  return all.filter(({ status }) => status >= 200 && status < 300).length / all.length
}

/**
 * @param judged the time that does not count, and the share of responses that must be faster
 * @returns the additional time of the most affected kind of request
 */
export function slowdown(calm: Answers, attacked: Answers, judged: { floorMs: number; quantile: number }) {
  const ratios = Object.entries(attacked).map(([kind, answers]) => {
    const usual = timeOf(calm[kind] ?? [], judged.quantile)
    return { kind, ratio: timeOf(answers, judged.quantile) / Math.max(judged.floorMs, usual) }
  })
  return ratios.toSorted((a, b) => b.ratio - a.ratio)[0] ?? { kind: '', ratio: 0 }
}

function timeOf(answers: readonly Answer[], share: number): number {
  return quantile(
    answers.map(({ ms }) => ms),
    share,
  )
}
