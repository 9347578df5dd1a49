import { setTimeout as delay } from 'node:timers/promises'

const evenMs = 50

/**
 * Answers no sooner than after 50 ms, several times what the work takes, so that the time does not tell whether an
 * address has an account. Logging in needs no such
 * thing: it writes the same for every address.
 */
export async function inEvenTime(work: Promise<void>): Promise<void> {
  await Promise.all([work, delay(evenMs)])
}
