import { apiError } from '@plinth/client'

/** Says to a person what a failed call means. */
export function explain(error: unknown): string {
  const refusal = apiError(error)
  if (!refusal) return 'The server does not answer. Your text is still here: try again in a moment.'
  const { code, message, retryAfterSeconds = 0, requestId } = refusal
  if (code === 'RATE_LIMITED') return `That was too often. Try again in ${Math.ceil(retryAfterSeconds / 60)} min.`
  if (code === 'UNAUTHORIZED') return 'You are signed out. Sign in in another tab, then try again here.'
  if (code === 'INVALID_TOKEN') return 'This link has been used or has expired. Ask for a new one.'
  return code === 'INTERNAL_ERROR' ? `${message} (${requestId})` : message
}

/** The faults of fields that the server has found, by field. */
export function faultsOf(error: unknown): Record<string, string> {
  return Object.fromEntries((apiError(error)?.details ?? []).map(({ path, message }) => [path, message]))
}

const days = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' })
const minutes = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

/** The same on the server and in every browser, so that the page hydrates without a difference. */
export const day = (date: Date): string => days.format(date)
export const minute = (date: Date): string => `${minutes.format(date)} UTC`
