import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from './run.js'

/** Faults between the server and its database. */
export const networkFaults: readonly Fault[] = [
  {
    name: 'packets swallowed, then the same connections go on',
    isSlow: true,
    readiness: 'unready',
    async cause({ proxy, extent }) {
      proxy.cut('stalled')
      await delay(Math.min(10_000, extent.mostCause))
      proxy.resume()
    },
  },
  {
    name: 'packets swallowed, and the connections of then stay dead',
    readiness: 'unready',
    async cause({ proxy, extent }) {
      proxy.cut('stalled')
      await delay(Math.min(10_000, extent.mostCause))
      proxy.abandon()
    },
  },
  {
    name: 'connections dead without a word, new ones work',
    isSlow: true,
    async cause({ proxy }) {
      proxy.abandon()
    },
  },
  {
    name: 'connections reset, in rounds',
    isSlow: true,
    async cause({ proxy }) {
      for (let round = 0; round < 12; round += 1) {
        proxy.reset()
        await delay(300)
      }
    },
  },
  {
    name: 'connections refused',
    isSlow: true,
    readiness: 'unready',
    async cause({ proxy }) {
      proxy.cut('refused')
      await delay(6_000)
      proxy.restore()
    },
  },
  {
    name: 'each new connection ends just after its greeting',
    async cause({ proxy }) {
      proxy.endAfterGreeting(true)
      for (let round = 0; round < 4; round += 1) {
        proxy.reset()
        await delay(1_000)
      }
      proxy.endAfterGreeting(false)
    },
  },
  {
    name: '8 ms of delay each way',
    isSlow: true,
    readiness: 'ready',
    delayMs: 8,
    mostRefused: 0,
    cause: () => delay(8_000),
  },
]
