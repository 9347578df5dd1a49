import { readFileSync } from 'node:fs'
import type { Environment } from '../../config.js'

const parentCheckMs = 500

/**
 * Aborts when this process must end: on a signal, or when the npm that started it has ended. Further signals have no
 * effect, because Ctrl-C may arrive twice, from the terminal and from npm, and the stop has a time limit.
 */
export function stopRequested(environment: Environment): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop(controller))
  }
  // A closed terminal must not end this process before it has stopped the others.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  if (environment.npm_lifecycle_event) watchParents(controller)
  return controller.signal
}

function stop(controller: AbortController): void {
  if (controller.signal.aborted) return
  console.log('\nStopping.')
  controller.abort()
}

// A killed npm cannot forward its end, and its child would keep the port and the database without a terminal.
function watchParents(controller: AbortController): void {
  const parents = readParents()
  setInterval(() => readParents() !== parents && stop(controller), parentCheckMs).unref()
}

/** The ids of the parent processes up to npm, which may have started a shell in between; only Linux reports those. */
function readParents(): string {
  const [, command, parent] = /\((.*)\) \S+ (\d+)/.exec(readStat(process.ppid)) ?? []
  return /^\w*sh$/.test(command ?? '') ? `${process.ppid} ${parent}` : `${process.ppid}`
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}
