import { readdirSync, readFileSync } from 'node:fs'

/**
 * The processor time that a process has used in all of its threads, in milliseconds. Linux reports it to the nanosecond.
 */
export function processorMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce((sum, thread) => sum + threadNs(`/proc/${pid}/task/${thread}/schedstat`), 0) / 1e6
}

// A thread may end between the two reads.
function threadNs(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0])
  } catch {
    return 0
  }
}
