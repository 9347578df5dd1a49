import type { Clock } from '../core/clock.js'

/** A clock that only changes when a test moves it. */
export interface FakeClock extends Clock {
  advance(seconds: number): void
}

export function createFakeClock(start = new Date()): FakeClock {
  let now = start.getTime()
  return {
    now: () => new Date(now),
    advance(seconds) {
      now += seconds * 1000
    },
  }
}
