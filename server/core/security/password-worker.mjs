// A thread that only runs bcrypt. It is JavaScript so that it can be started with and without a build.
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import bcrypt from 'bcrypt'

// Requests have priority with this value; with 10, hashes took too long beside other busy processes.
const niceness = 2

// On Linux, a priority applies to a thread. On other systems, it would apply to the whole process.
if (process.platform === 'linux') setPriority(niceness)

parentPort.on('message', ({ password, salt }) => {
  try {
    parentPort.postMessage({ hash: bcrypt.hashSync(password, salt) })
  } catch (error) {
    parentPort.postMessage({ error })
  }
})
