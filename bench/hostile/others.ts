import { type Answer, type Request, send } from '../support/http.js'
import { sendAtPace } from '../support/pace.js'
import { password } from '../support/settings.js'
import { quantile } from '../support/timing.js'
import type { HostileStage } from './stage.js'
import { othersDo } from './targets.js'

/** What those who attack nobody were answered, by what they did. */
export type Answers = Record<string, Answer[]>

interface Asking {
  ms: number
  /** How much of the usual rate, where several servers share the machine. */
  share?: number
}

/** Does for so long what users do, each from an address of its own, and the probe of a load balancer. */
export async function askAsOthers(url: string, stage: HostileStage, { ms, share = 1 }: Asking): Promise<Answers> {
  const asked = Object.entries(othersDo(createOther(stage))).map(async ([name, { perSecond, write }]) => {
    const pace = { ms, perSecond: perSecond * share }
    return [name, await sendAtPace(pace, () => send(url, write(), 10_000))] as const
  })
  return Object.fromEntries(await Promise.all(asked))
}

/** Who asks: a user who can log in, from an address that nobody else has. */
export interface Other {
  next(): { email: string; password: string; headers: Record<string, string> }
}

function createOther(stage: HostileStage): Other {
  return {
    next() {
      const { email, accessToken } = stage.nextStranger()
      const headers = { authorization: `Bearer ${accessToken}`, 'x-forwarded-for': stage.nextAddress() }
      return { email, password, headers }
    },
  }
}

/** What is asked, and how often. */
export interface Asked {
  perSecond: number
  write(): Request
}

/** @returns the share of answers that were good, between 0 and 1 */
export function goodShare(answers: Answers): number {
  const all = Object.values(answers).flat()
  return all.filter(({ status }) => status >= 200 && status < 300).length / all.length
}

/** @returns how much longer each kind of request took, and the kind that suffered most */
export function slowdown(calm: Answers, attacked: Answers): { kind: string; ratio: number } {
  const ratios = Object.entries(attacked).map(([kind, answers]) => {
    return { kind, ratio: p95(answers) / Math.max(shortestMs, p95(calm[kind] ?? [])) }
  })
  return ratios.toSorted((a, b) => b.ratio - a.ratio)[0] ?? { kind: '', ratio: 0 }
}

// Below this, what is measured is the scheduler of the machine.
const shortestMs = 10

function p95(answers: readonly Answer[]): number {
  return quantile(
    answers.map(({ ms }) => ms),
    0.95,
  )
}
