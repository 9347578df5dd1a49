import { violatedIndex } from '../database/errors.js'
import type { AppError } from '../errors.js'

type ErrorClass = new (options: { cause: unknown }) => AppError

/**
 * Creates the function that turns the violation of a unique index into an error of the API, for `.catch()`. All other
 * errors stay as they are, so that a value which somebody else has taken is never reported under another name.
 *
 * @param errors the error for each index, by its name in PostgreSQL: `{ User_email_key: EmailTakenError }`
 */
export function refuseTaken(errors: Readonly<Record<string, ErrorClass>>): (thrown: unknown) => never {
  return (thrown) => {
    const index = violatedIndex(thrown)
    const Taken = index !== undefined && Object.hasOwn(errors, index) ? errors[index] : undefined
    throw Taken ? new Taken({ cause: thrown }) : thrown
  }
}
