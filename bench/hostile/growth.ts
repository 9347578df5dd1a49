import type { Answer, Request } from '../support/http.js'
import { rounded } from '../support/timing.js'
import type { HostileStage } from './stage.js'
import type { Cost, Target } from './target.js'

/** A request that can be created in any size up to its limit. */
export interface GrowingAttack {
  name: string
  at(share: number): Request
  /** How often a size is sent at first, because checking passwords is expensive. */
  repeats: number
  /** Whether quick runs, which choose most attacks at random, always include it. */
  isEssential: boolean
}

/**
 * The cost of an attack by size, as a row of the table: 1, 2, 4 and 8 eighths of the limit, in quick runs the first and
 * last.
 */
export type Growth = {
  attack: string
  status: string
  'sent, KB': number
  'answer, KB': number
  'loop ms at 1x': number
  '2x': number | ''
  '4x': number | ''
  '8x': number
  'to linear': number
  'to plain': number
  verdict: string
}

const allSizes = [1, 2, 4, 8]
const quickSizes = [1, 8]

// Twice the size may cost twice as much; the rest allows for the noise of the machine.
const mostGrowth = 1.5
// How much more expensive it may be than rejected text of the same size.
const mostToPlain = 40
const mostRefusalBytes = 32 * 1024
const repeatsToConfirm = 5

/**
 * Sends an attack at each size, and more often if the result is bad: the shortest time of a size counts, so that other
 * work on the machine does not.
 */
export async function measureGrowth(
  { target, isQuick }: Pick<HostileStage, 'target' | 'isQuick'>,
  attack: GrowingAttack,
  plain: PlainCost,
): Promise<Growth> {
  const sizes = isQuick ? quickSizes : allSizes
  const first = await measureSizes(target, attack, { sizes, repeats: attack.repeats })
  const row = describe(attack, first, plain)
  if (row.verdict === 'ok' || first.end !== 'alive') return row
  return describe(attack, await measureSizes(target, attack, { sizes, repeats: repeatsToConfirm }), plain)
}

interface Measuring {
  /** In eighths of the limit. */
  sizes: readonly number[]
  repeats: number
}

interface Sizes {
  costs: ReadonlyMap<number, Cost>
  answers: readonly Answer[]
  end: 'alive' | 'died' | 'stalled'
}

async function measureSizes(target: Target, attack: GrowingAttack, { sizes, repeats }: Measuring): Promise<Sizes> {
  const costs = new Map<number, Cost>()
  const answers: Answer[] = []
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const size of sizes) {
      const cost = await target.costOf(attack.at(size / 8))
      const known = costs.get(size)
      if (!known || cost.loopMs < known.loopMs) costs.set(size, cost)
      answers.push(cost.answer)
      if (cost.answer.status !== 0) continue
      const end = await target.revive()
      if (end !== 'alive') return { costs, answers, end }
    }
  }
  return { costs, answers, end: 'alive' }
}

function describe({ name }: GrowingAttack, measured: Sizes, plain: PlainCost): Growth {
  const { costs } = measured
  const msAt = (size: number) => rounded(costs.get(size)?.loopMs ?? Number.NaN, 2)
  const last = [...costs.values()].at(-1)
  const [growth, toPlain] = [growthOf(costs), toPlainOf(costs, plain)]
  return {
    attack: name,
    status: [...new Set(measured.answers.map(({ status, fault }) => status || fault))].join(' '),
    'sent, KB': rounded(sizeOf(last?.request) / 1024, 1),
    'answer, KB': rounded((last?.answer.body.length ?? 0) / 1024, 1),
    'loop ms at 1x': msAt(1),
    '2x': costs.has(2) ? msAt(2) : '',
    '4x': costs.has(4) ? msAt(4) : '',
    '8x': msAt(8),
    'to linear': rounded(growth, 1),
    'to plain': rounded(toPlain, 1),
    verdict: judge(measured, growth, toPlain),
  }
}

/**
 * The cost of the sizes relative to that of the first one times their size: 1 if the work is linear, less for most.
 * Answers are compared with those of the same status: a password that is accepted is also hashed, whatever its length,
 * and a token may expire between two sizes.
 */
function growthOf(costs: Sizes['costs']): number {
  const statuses = new Set([...costs.values()].map(({ answer }) => answer.status))
  const ratios = [...statuses].flatMap((status) => {
    const alike = [...costs].filter(([, { answer }]) => answer.status === status)
    const [first] = alike
    return first ? alike.slice(1).map(([size, { loopMs }]) => loopMs / ((size / first[0]) * first[1].loopMs)) : []
  })
  return Math.max(0, ...ratios)
}

function toPlainOf(costs: Sizes['costs'], plain: PlainCost): number {
  return Math.max(...[...costs.values()].map(({ loopMs, request }) => loopMs / plain(sizeOf(request))))
}

function judge({ end, answers }: Sizes, growth: number, toPlain: number): string {
  const worst = Math.max(...answers.map(({ status }) => status))
  const refusals = answers.filter(({ status }) => status >= 400).map(({ body }) => body.length)
  const longest = Math.max(0, ...refusals)
  if (end === 'died') return 'THE PROCESS DIED'
  if (end === 'stalled') return 'THE PROCESS ANSWERS NOBODY'
  if (worst >= 500) return `ANSWERED ${worst}`
  if (answers.some(({ status }) => status === 0)) return 'NO ANSWER'
  if (growth > mostGrowth) return `MORE THAN LINEAR (bound ${mostGrowth})`
  if (toPlain > mostToPlain) return `COSTLY (bound ${mostToPlain} times plain)`
  return longest > mostRefusalBytes ? `A REFUSAL OF ${rounded(longest / 1024)} KB` : 'ok'
}

function sizeOf(request: Request | undefined): number {
  const head = JSON.stringify(request?.headers ?? {}).length + (request?.path.length ?? 0)
  return head + Buffer.byteLength(request?.body ?? '')
}

/** The cost of rejected JSON of so many bytes, in milliseconds. */
export type PlainCost = (bytes: number) => number

/** Measures the cost of the simplest requests, short and long. */
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
