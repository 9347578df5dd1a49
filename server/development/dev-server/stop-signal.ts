import { readFileSync } from 'node:fs'
import type { Environment } from '../../config.js'

const parentCheckMs = 500

/**
 * Aborts when this process is asked to end: by a signal, or by the end of the npm that started it. Further
 * signals change nothing: Ctrl-C may arrive twice, from the terminal and from npm, and the stop is bounded in time.
 */
export function stopRequested(environment: Environment): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop(controller))
  }
  // A terminal or npm that is gone must not end this process before it has stopped the rest.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  if (environment.npm_lifecycle_event) watchParents(controller)
  return controller.signal
}

function stop(controller: AbortController): void {
  if (controller.signal.aborted) return
  console.log('\nStopping.')
  controller.abort()
}

// An npm that is killed cannot pass that on, and its child would hold port and database without a terminal.
function watchParents(controller: AbortController): void {
  const parents = readParents()
  setInterval(() => readParents() !== parents && stop(controller), parentCheckMs).unref()
}

/** The process ids above this one up to npm, which may have put a shell between; that one shows on Linux alone. */
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
