import { listProcedures } from '../core/http/rest/procedures.js'
import { possibleErrors } from '../core/possible-errors.js'
import { appRouter } from '../router.js'

/** One outcome of a procedure: `posts.get NOT_FOUND`. */
export type Outcome = `${string} ${string}`

const procedures = new Map(
  listProcedures(appRouter).map((procedure) => [procedure.path, new Set<string>(possibleErrors(procedure))]),
)

/** Reads the errors of the procedures of the application from the metrics of the process. */
export function readOutcomes(metrics: string): Outcome[] {
  const lines = metrics.matchAll(/^procedure_duration_seconds_count\{procedure="([^"]+)",code="(\w+)"\}/gm)
  return [...lines].flatMap(([, procedure = '', code = '']): Outcome[] =>
    code !== 'OK' && procedures.has(procedure) ? [`${procedure} ${code}`] : [],
  )
}

const taken = new Set<Outcome>()

/** The outcomes that no earlier call in this thread has returned: those of the present test file. */
export function takeNew(outcomes: readonly Outcome[]): Outcome[] {
  const fresh = outcomes.filter((outcome) => !taken.has(outcome))
  for (const outcome of fresh) taken.add(outcome)
  return fresh
}

/** The outcomes that the procedures do not declare. */
export function undeclared(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter((outcome) => {
    const [procedure = '', code = ''] = outcome.split(' ')
    return !procedures.get(procedure)?.has(code)
  })
}

/**
 * Checks that the tests of the suite have provoked each error that a procedure declares.
 *
 * @param outcomes one outcome a line
 * @throws Error with the errors that no test has provoked
 */
export function failIfUnprovoked(outcomes: string): void {
  const provoked = new Set(outcomes.split('\n'))
  const declared = listProcedures(appRouter).flatMap(({ path, meta }) =>
    (meta.errors ?? []).map((code) => `${path} ${code}`),
  )
  const unprovoked = declared.filter((outcome) => !provoked.has(outcome))
  if (unprovoked.length > 0)
    throw new Error(`No test provokes these errors, which procedures declare: ${unprovoked.join(', ')}`)
}
