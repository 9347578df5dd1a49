import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A request that is sent over and over. */
export interface Target {
  port: number
  path: string
}

/** Starts the process that sends requests: another one than the server's, so that it does not take its turns. */
export function startLoad() {
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  })
  return {
    /** Sends one request after the other on each of 32 connections. @returns answers a second */
    run: (target: Target, ms: number) => ask(child, { ...target, ms }),
    stop: () => child.kill(),
  }
}

function ask(child: ChildProcess, order: object): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer: { perSecond: number; fault?: string }) => {
      if (answer.fault) reject(new Error(answer.fault))
      else resolve(answer.perSecond)
    })
    child.send(order)
  })
}
