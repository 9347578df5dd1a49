import { parseArgs } from 'node:util'
import { createVitest } from 'vitest/node'

/**
 * Runs the contract suite with random values for so many minutes, in equal parts for each procedure. It runs on a
 * temporary PostgreSQL, like every test.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
})
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const minutes = Number(values.minutes)
if (!Number.isSafeInteger(seed)) throw new Error(`--seed takes a whole number, not "${values.seed}".`)
if (!(minutes > 0)) throw new Error(`--minutes takes a positive number, not "${values.minutes}".`)
console.log(`Repeat with: npm run bench -- contract --seed ${seed} --minutes ${minutes}`)
console.log(`Repeat for one procedure with: npm run bench -- contract --seed ${seed} --minutes 1 --only posts.update`)

const vitest = await createVitest('test', { watch: false, project: 'suite', run: true })
vitest.provide('contract', { seed, minutes, only: values.only })
await vitest.start(['server/contract.test.ts'])
process.exitCode = vitest.state.getCountOfFailedTests() > 0 ? 1 : 0
await vitest.close()
