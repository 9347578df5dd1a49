import type { Server } from '../support/server-process.js'
import { rounded } from '../support/timing.js'
import { type Answers, goodShare, slowdown } from './others.js'

/** The effect of an attack on others, as a row of the table. */
export type Harm = {
  attack: string
  'attacker is answered': string
  "others' 2xx, %": number
  "others' time, ratio": number
  'slowest for others': string
  'RSS, MB': number
  'RSS growth, MB': number
  closed: string
  verdict: string
}

// The allowed effect beyond that of as many idle or cheap connections.
const mostSlowdown = 8
// As much memory again as a server uses after some time.
const mostGrowth = 1

/** Whether others were rejected before the attack, so that the result says nothing about it. */
export const tooBusy = 'NOT MEASURED: THE MACHINE IS TOO BUSY'

const leastGood = 0.98
const leastGoodOfKind = 0.75

export interface Observed {
  server: Server
  bytesBefore: number
  mostBytes: number
  calm: Answers
  attacked: Answers
  floorMs: number
  /** Whether the attack was short: then there are enough responses for the median of a kind only. */
  isQuick: boolean
  /** The responses to the attacker. */
  answered?: string
  closed?: string
  /** Whether connections were open that a time limit should have closed. */
  isLeftOpen?: boolean
}

const attemptsMax = 3

/** The result of a further attack if one did harm, because a busy machine is unlikely to cause that three times. */
export async function confirm(attack: () => Promise<Harm>, attempt = 1): Promise<Harm> {
  const harm = await attack()
  return harm.verdict === 'ok' || attempt === attemptsMax ? harm : confirm(attack, attempt + 1)
}

/** Describes the harm of an attack. */
export function describeHarm(attack: string, observed: Observed): Harm {
  const { bytesBefore, mostBytes, calm, attacked, floorMs, isQuick, answered = '', closed = '' } = observed
  const { kind, ratio } = slowdown(calm, attacked, { floorMs, quantile: isQuick ? 0.5 : 0.95 })
  return {
    attack,
    'attacker is answered': answered,
    "others' 2xx, %": rounded(goodShare(attacked) * 100, 1),
    "others' time, ratio": rounded(ratio, 1),
    'slowest for others': kind,
    'RSS, MB': megabytes(mostBytes),
    'RSS growth, MB': megabytes(mostBytes - bytesBefore),
    closed,
    verdict: judge(observed, ratio),
  }
}

function judge({ server, bytesBefore, mostBytes, calm, attacked, isLeftOpen }: Observed, ratio: number): string {
  if (!server.isRunning()) return 'THE PROCESS DIED'
  if (areRefused(calm)) return tooBusy
  if (areRefused(attacked)) return `OTHERS ARE REFUSED (${refusals(attacked)})`
  if (ratio > mostSlowdown) return `OTHERS WAIT (bound ${mostSlowdown})`
  if (mostBytes - bytesBefore > mostGrowth * bytesBefore) return `MEMORY (bound ${1 + mostGrowth} times)`
  return isLeftOpen ? 'LEFT OPEN' : 'ok'
}

// A busy machine sometimes rejects a login; a server under attack would reject all.
function areRefused(answers: Answers): boolean {
  const kinds = Object.values(answers).map((all) => goodShare({ all }))
  return goodShare(answers) < leastGood || Math.min(...kinds) < leastGoodOfKind
}

function refusals(answers: Answers): string {
  const refused = Object.entries(answers).flatMap(([kind, all]) =>
    all.flatMap(({ status, fault }) => (status >= 200 && status < 300 ? [] : [`${kind} ${status || fault}`])),
  )
  return [...new Set(refused)].slice(0, 4).join(', ')
}

const megabytes = (bytes: number): number => rounded(bytes / 2 ** 20)
