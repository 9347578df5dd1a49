import { parseArgs } from 'node:util'

/** The options of the attacks and the faults on the command line. */
export interface Options {
  /** The seed of random cases: the same number results in the same cases. */
  seed: number
  /** A part of the names of the cases to run; empty for all. */
  only: string
  /** Fewer and shorter cases, for every change. */
  isQuick: boolean
}

/** Reads `--seed N`, `--only TEXT` and `--quick`, and prints the options that repeat the run. */
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

/** Whether a case of this name is included. */
export function isAsked({ only }: Options, name: string): boolean {
  return name.toLowerCase().includes(only.toLowerCase())
}
