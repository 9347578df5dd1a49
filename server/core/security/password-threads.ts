import { Worker } from 'node:worker_threads'
import bcrypt from 'bcrypt'
import { codeOf } from '../unknown-values.js'
import { isSameSecret } from './refresh-tokens.js'

interface Job {
  password: string
  salt: string
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
let hasThreads = true

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
  if (!hasThreads) return bcrypt.hash(password, salt)
  const thread = [...threads].find(({ job }) => job === undefined) ?? startThread()
  return new Promise((resolve, reject) => {
    thread.job = { password, salt, resolve, reject }
    thread.worker.ref()
    thread.worker.postMessage({ password, salt })
  })
}

function startThread(): Thread {
  // The thread needs no option of the process, such as a loader for TypeScript.
  const worker = new Worker(new URL('./password-worker.mjs', import.meta.url), { execArgv: [] })
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
    const { job } = thread
    thread.job = undefined
    if (job) hashWithoutThread(reason, job)
  }
  worker.on('error', abandon)
  worker.on('exit', () => abandon(new Error('A password hashing thread has exited.')))
  return thread
}

// In a bundle for server components, the file of the thread may be missing. The threads of bcrypt do the same work with
// ordinary priority.
function hashWithoutThread(reason: Error, { password, salt, resolve, reject }: Job): void {
  if (!missing.has(codeOf(reason))) return reject(reason)
  hasThreads = false
  bcrypt.hash(password, salt).then(resolve, reject)
}

const missing: ReadonlySet<string> = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])
