import { setMaxListeners } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { isAsked, type Options } from '../support/options.js'
import { type Server, startServer } from '../support/server-process.js'
import { confirm, describeHarm, type Harm } from './harm.js'
import { askAsOthers, askInPeace } from './others.js'
import type { HostileStage } from './stage.js'
import { largestList } from './targets.js'

/** An attack with hundreds of connections, and when the server should close them. */
interface SocketAttack {
  name: string
  /** Writes on a new connection, and may continue until `signal` is aborted. */
  act(socket: Socket, signal: AbortSignal): void
  /** Whether the client reads its responses, never, or slowly. */
  reads: 'at once' | 'never' | 'slowly'
  /** How long the connections are observed. */
  seconds: number
  /** Whether a time limit should have closed all of them by then. */
  areClosed: boolean
}

const sockets = 600
const margin = 5
// Other attacks run on this machine at the same time, so that a short wait means nothing.
const floorMs = 100

const headersStart = 'POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\nx-slow: '
const bodyStart =
  'POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{'

const slowSockets: readonly SocketAttack[] = [
  {
    name: 'sockets: half of the headers',
    act: drip(headersStart, 'x'),
    reads: 'at once',
    seconds: 10 + margin,
    areClosed: true,
  },
  {
    name: 'sockets: a body at one byte a second',
    act: drip(bodyStart, ' '),
    reads: 'at once',
    seconds: 30 + margin,
    areClosed: true,
  },
  { name: 'sockets: nothing sent', act: () => {}, reads: 'at once', seconds: 10 + margin, areClosed: true },
  {
    name: 'sockets: a request a second, for nothing',
    act: repeat('/nothing'),
    reads: 'at once',
    seconds: 15,
    areClosed: false,
  },
]

/** Opens hundreds of connections that are slow or silent: each kind on a separate server, all at the same time. */
export async function runSlowSockets(stage: HostileStage, options: Options): Promise<Harm[]> {
  const attacks = slowSockets.filter((attack) => isRun(options, attack))
  return Promise.all(attacks.map((attack) => confirm(() => runAttack(stage, attack, { share: 1 / attacks.length }))))
}

/** Opens hundreds of connections that request large responses and read nothing, one kind after the other. */
export async function runDeafSockets(stage: HostileStage, options: Options): Promise<Harm[]> {
  const harms: Harm[] = []
  for (const attack of deafSockets(stage, options)) {
    if (isRun(options, attack)) harms.push(await confirm(() => runAttack(stage, attack, { share: 1 })))
  }
  return harms
}

// Quick runs wait for the shortest time limit, and omit attacks that differ from another only in their pace.
function isRun(options: Options, { name, reads, seconds }: SocketAttack): boolean {
  const isLong = seconds > 10 + margin || reads === 'slowly'
  return isAsked(options, name) && !(options.isQuick && options.only === '' && isLong)
}

function drip(start: string, byte: string): SocketAttack['act'] {
  return (socket, signal) => {
    socket.write(start)
    every(1_000, () => socket.writable && socket.write(byte), signal)
  }
}

function every(ms: number, work: () => unknown, signal: AbortSignal): void {
  const timer = setInterval(work, ms)
  signal.addEventListener('abort', () => clearInterval(timer))
}

function ask(path: string, times: number): SocketAttack['act'] {
  return (socket) => void socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(times))
}

function repeat(path: string): SocketAttack['act'] {
  return (socket, signal) => {
    every(1_000, () => socket.writable && ask(path, 1)(socket, signal), signal)
  }
}

function deafSockets({ largestFile }: HostileStage, { isQuick }: Options): SocketAttack[] {
  const [seconds, areClosed] = isQuick ? [6, false] : [60, true]
  return [
    { name: 'sockets: the largest file, never read', act: ask(largestFile, 4), reads: 'never', seconds, areClosed },
    { name: 'sockets: the largest list, never read', act: ask(largestList, 40), reads: 'never', seconds, areClosed },
    {
      name: 'sockets: the largest file, read slowly',
      act: ask(largestFile, 4),
      reads: 'slowly',
      seconds,
      areClosed: false,
    },
  ]
}

async function runAttack(stage: HostileStage, attack: SocketAttack, { share }: { share: number }): Promise<Harm> {
  const { name, seconds, areClosed } = attack
  const server = await startServer(stage.settings)
  const opened: Socket[] = []
  const ended = new AbortController()
  setMaxListeners(sockets, ended.signal)
  try {
    await askAsOthers(server.url, stage, { ms: 1_500, share })
    const calm = await askInPeace(server.url, stage, { ms: 2_000 / share ** 0.5, share })
    const bytesBefore = server.residentBytes()
    for (let index = 0; index < sockets; index += 1) opened.push(open(server, attack, ended.signal))
    const [attacked, mostBytes] = await Promise.all([
      askAsOthers(server.url, stage, { ms: seconds * 1_000, share }),
      mostMemory(server, seconds * 1_000),
    ])
    // What the server has closed ends once everything is read that was sent before.
    for (const socket of opened) socket.resume()
    await delay(1_000)
    const count = opened.filter((socket) => socket.destroyed || socket.readableEnded).length
    const closed = `${count} of ${sockets} in ${seconds} s`
    const observed = { server, bytesBefore, mostBytes, calm, attacked, floorMs, isQuick: stage.isQuick, closed }
    return describeHarm(name, { ...observed, isLeftOpen: areClosed && count < sockets })
  } finally {
    ended.abort()
    for (const socket of opened) socket.destroy()
    await server.kill()
  }
}

function open(server: Server, { act, reads }: SocketAttack, signal: AbortSignal): Socket {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  if (reads === 'at once') socket.resume()
  else socket.pause()
  if (reads === 'slowly') every(1_000, () => socket.read(16_384), signal)
  socket.on('error', () => socket.destroy())
  socket.on('connect', () => act(socket, signal))
  return socket
}

async function mostMemory(server: Server, ms: number): Promise<number> {
  const end = performance.now() + ms
  let most = 0
  while (performance.now() < end) {
    most = Math.max(most, server.residentBytes())
    await delay(250)
  }
  return most
}
