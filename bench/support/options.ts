import { parseArgs } from 'node:util'

/** What the attacks and the faults are told on the command line. */
export interface Options {
  /** Cases are made from it: the same number gives the same cases. */
  seed: number
  /** A part of the names of the cases to run; all of them if it is empty. */
  only: string
  /** Fewer cases and shorter ones, for every change. */
  isQuick: boolean
}

/** Reads `--seed N`, `--only TEXT` and `--quick`, and prints what makes the run repeatable. */
export function readOptions(benchmark: string): Options {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, only: { type: 'string' }, quick: { type: 'boolean' } },
  })
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed takes a whole number, not "${values.seed}".`)
  const options = { seed, only: values.only ?? '', isQuick: values.quick ?? false }
  console.log(`Repeat with: npm run bench -- ${benchmark} --seed ${seed}${options.isQuick ? ' --quick' : ''}`)
  return options
}

/** Whether a case of this name was asked for. */
export function isAsked({ only }: Options, name: string): boolean {
  return name.toLowerCase().includes(only.toLowerCase())
}
