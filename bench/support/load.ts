import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Load, Order } from './load-process.js'

/** Starts the process that sends requests, separate from the server so that it does not use the server's event loop. */
export function startLoad() {
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  })
  return {
    async run(order: Order): Promise<Load> {
      child.send(order)
      const [load] = await once(child, 'message')
      return load
    },
    stop: () => child.kill(),
  }
}
