import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './http.js'
import { quantile, rounded } from './timing.js'

interface Pace {
  ms: number
  perSecond: number
}

/**
 * Sends at a constant rate, whether previous requests got a response or not, so that a stall affects all requests
 * during it. `ms` of a response is measured from the scheduled time.
 */
export function sendAtPace({ ms, perSecond }: Pace, sendNext: (index: number) => Promise<Answer>): Promise<Answer[]> {
  const start = performance.now()
  const count = Math.max(1, Math.round((ms / 1000) * perSecond))
  const answers = Array.from({ length: count }, async (_, index) => {
    const due = start + (index * 1000) / perSecond
    await delay(due - performance.now())
    const answer = await sendNext(index)
    return { ...answer, ms: performance.now() - due }
  })
  return Promise.all(answers)
}

/** The times of responses, in milliseconds. */
export function spread(answers: readonly Answer[]) {
  const times = answers.map(({ ms }) => ms)
  return { p50: rounded(quantile(times, 0.5)), p99: rounded(quantile(times, 0.99)), max: rounded(Math.max(...times)) }
}
