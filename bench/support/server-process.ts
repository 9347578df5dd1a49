import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { buildServer } from './build.js'

/** How a process ended: its exit code, or the signal that killed it. */
type Exit = number | NodeJS.Signals

/** A server in production, as a process of its own. */
export interface Server {
  url: string
  /** Whether the process runs; what it answers is another question. */
  isRunning(): boolean
  /** The memory that the process holds, in bytes. */
  residentBytes(): number
  /** The processor time that its main thread, which runs the event loop, has used, in milliseconds. */
  loopMs(): number
  /** The different lines at level error that it has logged so far, and what it wrote when it crashed. */
  faults(): string[]
  exited: Promise<Exit>
  /** Ends it as a deployment does, or, by `SIGINT`, without the time that load balancers need to notice. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<Exit>
  kill(): Promise<Exit>
}

/** Starts a server from a production build. It ends with this process at the latest. */
export async function startServer(settings: Readonly<Record<string, string>>): Promise<Server> {
  const env = { PATH: process.env.PATH, LOG_LEVEL: 'error', ...settings }
  // Without the loader of TypeScript that this process has: production has none, and its thread can hold up an exit.
  const child = fork(await buildServer(), { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const exited = new Promise<Exit>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'SIGKILL')),
  )
  const faults = collectFaults(child)
  const url = await readyUrl(child, exited, faults)
  const signal = (name: NodeJS.Signals) => {
    child.kill(name)
    return exited
  }
  return {
    url,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    residentBytes: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(processFile(child, 'status'))?.[1] ?? 0),
    // In nanoseconds, and of the main thread alone: threads that hash or collect garbage are not counted.
    loopMs: () => Number(processFile(child, 'schedstat').split(' ')[0]) / 1e6,
    faults: () => [...faults],
    exited,
    stop: (name = 'SIGTERM') => signal(name),
    kill: () => signal('SIGKILL'),
  }
}

// Linux tells what a process uses; elsewhere, and of a process that has ended, there is nothing to read.
function processFile({ pid }: ChildProcess, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

function collectFaults(child: ChildProcess): Set<string> {
  const faults = new Set<string>()
  const listen = (stream: NodeJS.ReadableStream | null, read: (line: string) => string) => {
    if (!stream) return
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() && faults.size < 100) faults.add(read(line))
    })
  }
  listen(child.stdout, describeLogLine)
  listen(child.stderr, (line) => line)
  return faults
}

function describeLogLine(line: string): string {
  if (!line.startsWith('{')) return line
  const { msg, procedure, err } = JSON.parse(line)
  const message = String(err?.message ?? '').replaceAll(/\s+/g, ' ')
  return [msg, procedure, err?.code, message.slice(0, 160)].filter(Boolean).join(': ')
}

async function readyUrl(child: ChildProcess, exited: Promise<Exit>, faults: ReadonlySet<string>): Promise<string> {
  const ready = new Promise<string>((resolve) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
  })
  const failed = exited.then((exit) => {
    throw new Error(`The server exited with ${exit} before it listened:\n${[...faults].join('\n')}`)
  })
  return Promise.race([ready, failed])
}
