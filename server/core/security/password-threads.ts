import { Worker } from 'node:worker_threads'
import bcrypt from 'bcrypt'
import { isSameSecret } from './refresh-tokens.js'

interface Job {
  resolve(hash: string): void
  reject(reason: unknown): void
}

interface Thread {
  worker: Worker
  /** The hash that it is at. */
  job?: Job | undefined
}

interface Reply {
  hash?: string
  error?: unknown
}

const threads = new Set<Thread>()

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
  const thread = [...threads].find(({ job }) => job === undefined) ?? startThread()
  return new Promise((resolve, reject) => {
    thread.job = { resolve, reject }
    thread.worker.ref()
    thread.worker.postMessage({ password, salt })
  })
}

function startThread(): Thread {
  const worker = new Worker(new URL('./password-worker.mjs', import.meta.url))
  const thread: Thread = { worker }
  threads.add(thread)
  worker.on('message', ({ hash, error }: Reply) => {
    const { job } = thread
    thread.job = undefined
    worker.unref()
    if (hash === undefined) job?.reject(error)
    else job?.resolve(hash)
  })
  const abandon = (reason: Error) => {
    threads.delete(thread)
    thread.job?.reject(reason)
  }
  worker.on('error', abandon)
  worker.on('exit', () => abandon(new Error('A password hashing thread has exited.')))
  return thread
}
