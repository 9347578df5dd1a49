import { apiError } from './errors.js'

// Twice this is within the time in which the server repeats an answer that was lost (docs/sessions.md), for the first
// half of it. A longer wait would turn the second attempt into the use of an old token.
const timeoutMs = 7000

/** Asks for an answer, and once more if it is lost, while the server still repeats it. */
export function askTwice<Answer>(ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  return withTimeout(ask).catch((error: unknown) => {
    if (apiError(error)) throw error
    return withTimeout(ask)
  })
}

/** Gives up after 7 seconds. Not every platform has `AbortSignal.timeout`. */
export function withTimeout<Answer>(ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error('The server does not answer.')), timeoutMs)
  return ask(controller.signal).finally(() => clearTimeout(timer))
}
