import { appendFileSync } from 'node:fs'
import { afterAll, inject } from 'vitest'
import { writeMetrics } from '../core/metrics.js'
import { readOutcomes, takeNew, undeclared } from './declared-errors.js'

// The metrics are those of the thread, which runs one file after another.
afterAll(async () => {
  const outcomes = takeNew(readOutcomes((await writeMetrics()).text))
  appendFileSync(inject('outcomesFile'), outcomes.map((outcome) => `${outcome}\n`).join(''))
  const faults = undeclared(outcomes)
  if (faults.length > 0)
    throw new Error(`These procedures failed with codes that they do not declare: ${faults.join(', ')}`)
})
