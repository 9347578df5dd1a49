import { Worker } from 'node:worker_threads'
import bcrypt from 'bcrypt'
import { isSameSecret } from './refresh-tokens.js'

interface Job {
  resolve(hash: string): void
  reject(reason: unknown): void
}

interface Thread {
  worker: Worker
  jobs: Map<number, Job>
}

interface Reply {
  id: number
  hash?: string
  error?: unknown
}

const threads: Thread[] = []
let lastId = 0

/**
 * Hashes in a thread of low priority, so that the event loop has priority (S44). A thread is started for each
 * concurrent hash, and shared by the whole process. Threads do not keep the process running.
 *
 * @param password at most 72 bytes without a NUL, because bcrypt ignores the rest
 * @param cost of bcrypt: the logarithm of the number of rounds
 */
export async function hashInThread(password: string, cost: number): Promise<string> {
  return run(password, await bcrypt.genSalt(cost))
}

/** Compares in such a thread, in a time that does not depend on the position of a difference. */
export async function compareInThread(password: string, hash: string): Promise<boolean> {
  return isSameSecret(await run(password, hash.slice(0, saltLength)), hash)
}

/** The length of `$2b$12$` and a salt of 22 characters. */
const saltLength = 29

function run(password: string, salt: string): Promise<string> {
  const thread = threads.find(({ jobs }) => jobs.size === 0) ?? startThread()
  const id = ++lastId
  return new Promise((resolve, reject) => {
    thread.jobs.set(id, { resolve, reject })
    thread.worker.ref()
    thread.worker.postMessage({ id, password, salt })
  })
}

function startThread(): Thread {
  const worker = new Worker(new URL('./password-worker.mjs', import.meta.url))
  const thread: Thread = { worker, jobs: new Map() }
  threads.push(thread)
  worker.on('message', ({ id, hash, error }: Reply) => {
    const job = thread.jobs.get(id)
    thread.jobs.delete(id)
    if (thread.jobs.size === 0) worker.unref()
    if (hash === undefined) job?.reject(error)
    else job?.resolve(hash)
  })
  worker.on('error', (error) => abandon(thread, error))
  worker.on('exit', () => abandon(thread, new Error('A password hashing thread has exited.')))
  return thread
}

function abandon(thread: Thread, reason: Error): void {
  const index = threads.indexOf(thread)
  if (index >= 0) threads.splice(index, 1)
  for (const job of thread.jobs.values()) job.reject(reason)
  thread.jobs.clear()
}
