import { spawn } from 'node:child_process'
import type { Environment } from '../../config.js'
import { isRecord } from '../../core/unknown-values.js'

export interface ServerProcess {
  pid: number
  /** Resolves when the server listens; never resolves if it fails. */
  ready: Promise<void>
  /** Terminates the process, kills it after `graceMs`, and waits for its end. */
  stop(graceMs: number): Promise<void>
}

interface Program {
  /** What messages call it. */
  name: 'server' | 'frontend'
  file: string
  /** Options of Node.js, such as `--inspect`. */
  nodeOptions: readonly string[]
  environment: Environment
}

const remedies = {
  server: 'It starts again when a file is saved.',
  frontend: 'The server runs on. To start both again, press Ctrl-C and repeat the command.',
}

/**
 * Runs the server in a separate process that does not receive the terminal's Ctrl-C. It ends when its channel to this
 * process closes.
 */
export function startServerProcess({ name, file, nodeOptions, environment }: Program): ServerProcess {
  const child = spawn(process.execPath, [...nodeOptions, '--import', import.meta.resolve('tsx'), file], {
    env: { ...environment },
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let isStopping = false
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve())
    child.on('exit', (code, signal) => {
      if (!isStopping) console.error(`The ${name} exited (${signal ?? `exit code ${code}`}). ${remedies[name]}`)
      resolve()
    })
  })
  return {
    pid: child.pid ?? 0,
    ready: new Promise((resolve) => child.on('message', (message) => isReady(message) && resolve())),
    stop: async (graceMs) => {
      isStopping = true
      child.kill('SIGTERM')
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await ended
      clearTimeout(kill)
    },
  }
}

function isReady(message: unknown): boolean {
  return isRecord(message) && message.type === 'ready'
}
