import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { buildServer } from './build.js'

/** The end of a process: its exit code, or the signal that killed it. */
type Exit = number | NodeJS.Signals

/** A production server in a separate process. */
export interface Server {
  url: string
  pid: number
  /** Whether the process is running, whatever it responds. */
  isRunning(): boolean
  /** The memory of the process, in bytes. */
  residentBytes(): number
  /** The processor time of its main thread, which runs the event loop, in milliseconds. */
  loopMs(): number
  /** The distinct log lines at error level so far, and the output of a crash. */
  faults(): string[]
  exited: Promise<Exit>
  /** Ends it as a deployment does, or with `SIGINT` without the delay for load balancers. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<Exit>
  kill(): Promise<Exit>
}

/**
 * Starts a server from a production build. It ends with this process at the latest.
 *
 * @param execArgv options of Node.js
 * @param main the file that starts the server, by default of this repository's build
 */
export async function startServer(
  settings: Readonly<Record<string, string>>,
  execArgv: readonly string[] = [],
  main?: string,
): Promise<Server> {
  const env = { PATH: process.env.PATH, LOG_LEVEL: 'error', ...settings }
  // Without the TypeScript loader of this process: production has none, and its thread can delay an exit.
  const child = fork(main ?? (await buildServer()), {
    env,
    execArgv: [...execArgv],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
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
    pid: child.pid ?? 0,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    residentBytes: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(processFile(child, 'status'))?.[1] ?? 0),
    // In nanoseconds, for the main thread alone: threads that hash or collect garbage do not count.
    loopMs: () => Number(processFile(child, 'schedstat').split(' ')[0]) / 1e6,
    faults: () => [...faults],
    exited,
    stop: (name = 'SIGTERM') => signal(name),
    kill: () => signal('SIGKILL'),
  }
}

// Only Linux reports the usage of a process, and only while it runs.
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
