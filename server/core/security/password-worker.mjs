// A thread that does nothing but bcrypt. It is JavaScript, so that a thread can start from it with and without a build.
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import bcrypt from 'bcrypt'

// Enough for requests to come first; with 10, hashes starved beside other busy processes of the machine.
const niceness = 2

// On Linux a priority is a thread's: requests get the processor first. Elsewhere it would be the whole process's.
if (process.platform === 'linux') setPriority(niceness)

parentPort.on('message', ({ id, password, salt }) => {
  try {
    parentPort.postMessage({ id, hash: bcrypt.hashSync(password, salt) })
  } catch (error) {
    parentPort.postMessage({ id, error })
  }
})
