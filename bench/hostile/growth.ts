import type { Request } from '../support/http.js'
import { rounded } from '../support/timing.js'
import type { Cost, Target } from './target.js'

/** A request that is written in any size up to its bound. */
export interface GrowingAttack {
  name: string
  at(share: number): Request
  /** How often a size is sent at first; passwords are costly to look at. */
  repeats: number
  /** Whether quick runs, which leave most attacks to chance, have it all the same. */
  isEssential: boolean
}

/** A row of the table of what grows; sizes are 1, 2, 4 and 8 eighths of the bound. */
export type Growth = {
  attack: string
  status: string
  'sent, KB': number
  'answer, KB': number
  'loop ms at 1x': number
  '2x': number | string
  '4x': number | string
  '8x': number
  ratio: number
  'to plain': number
  verdict: string
}

// Linear work is at most 8 times the first; the rest is for the noise of the machine.
const mostGrowth = 12
// How much dearer than text of the same size that is read and refused.
const mostToPlain = 25
const mostRefusalBytes = 32 * 1024

/**
 * Sends an attack at the first and the last size, and, if that looks wrong, at all four and more often: the least time
 * of each size counts, so that other work on the machine does not.
 */
export async function measureGrowth(target: Target, attack: GrowingAttack, plain: PlainCost): Promise<Growth> {
  const first = await measureSizes(target, attack, { sizes: [1, 8], repeats: attack.repeats })
  const row = describe(attack, first, plain)
  if (row.verdict === 'ok' || first.end !== 'alive') return row
  const again = await measureSizes(target, attack, { sizes: [1, 2, 4, 8], repeats: Math.max(5, attack.repeats) })
  return describe(attack, again, plain)
}

interface Sizes {
  costs: ReadonlyMap<number, Cost>
  worstStatus: number
  end: 'alive' | 'died' | 'stalled'
}

async function measureSizes(
  target: Target,
  attack: GrowingAttack,
  { sizes, repeats }: { sizes: readonly number[]; repeats: number },
): Promise<Sizes> {
  const costs = new Map<number, Cost>()
  let worstStatus = 0
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const size of sizes) {
      const cost = await target.costOf(attack.at(size / 8))
      const { status } = cost.answer
      const known = costs.get(size)
      if (!known || cost.loopMs < known.loopMs) costs.set(size, cost)
      worstStatus = Math.max(worstStatus, status)
      if (status !== 0) continue
      const end = await target.revive()
      if (end !== 'alive') return { costs, worstStatus, end }
    }
  }
  return { costs, worstStatus, end: 'alive' }
}

function describe({ name }: GrowingAttack, { costs, worstStatus, end }: Sizes, plain: PlainCost): Growth {
  const msAt = (size: number) => costs.get(size)?.loopMs ?? Number.NaN
  const last = costs.get(8) ?? costs.get(1)
  const sent = sizeOf(last?.request)
  const ratio = msAt(8) / msAt(1)
  const toPlain = msAt(8) / plain(sent)
  const answered = last?.answer.body.length ?? 0
  return {
    attack: name,
    status: statusesOf(costs),
    'sent, KB': rounded(sent / 1024, 1),
    'answer, KB': rounded(answered / 1024, 1),
    'loop ms at 1x': rounded(msAt(1), 2),
    '2x': costs.has(2) ? rounded(msAt(2), 2) : '',
    '4x': costs.has(4) ? rounded(msAt(4), 2) : '',
    '8x': rounded(msAt(8), 2),
    ratio: rounded(ratio, 1),
    'to plain': rounded(toPlain, 1),
    verdict: judge({ ratio, toPlain, worstStatus, end, refusalBytes: isRefusal(last) ? answered : 0 }),
  }
}

interface Judged {
  ratio: number
  toPlain: number
  worstStatus: number
  end: Sizes['end']
  refusalBytes: number
}

function judge({ ratio, toPlain, worstStatus, end, refusalBytes }: Judged): string {
  if (end !== 'alive') return end === 'died' ? 'THE PROCESS DIED' : 'THE PROCESS ANSWERS NOBODY'
  if (worstStatus >= 500) return `ANSWERED ${worstStatus}`
  if (ratio > mostGrowth) return `MORE THAN LINEAR (bound ${mostGrowth})`
  if (toPlain > mostToPlain) return `COSTLY (bound ${mostToPlain} times plain)`
  if (refusalBytes > mostRefusalBytes) return `A REFUSAL OF ${rounded(refusalBytes / 1024)} KB`
  return 'ok'
}

function statusesOf(costs: Sizes['costs']): string {
  return [...new Set([...costs.values()].map(({ answer }) => answer.status || answer.fault))].join(' ')
}

function isRefusal(cost: Cost | undefined): boolean {
  return cost !== undefined && cost.answer.status >= 400
}

function sizeOf(request: Request | undefined): number {
  return (request?.path.length ?? 0) + Buffer.byteLength(request?.body ?? '')
}

/** What text of so many bytes costs that is read as JSON and refused, in milliseconds. */
export type PlainCost = (bytes: number) => number

/** Measures what a request costs that is as plain as can be, short and long. */
export async function measurePlain(target: Target): Promise<PlainCost> {
  const leastOf = async (bytes: number) => {
    const request = { method: 'POST', path: '/api/auth/logout', body: JSON.stringify({ x: 'x'.repeat(bytes) }) }
    const costs: number[] = []
    for (let repeat = 0; repeat < 40; repeat += 1) costs.push((await target.costOf(request)).loopMs)
    return Math.min(...costs)
  }
  const [short, long] = [await leastOf(0), await leastOf(250_000)]
  return (bytes) => short + ((long - short) * bytes) / 250_000
}
