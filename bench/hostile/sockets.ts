import { setMaxListeners } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { send } from '../support/http.js'
import { isAsked, type Options } from '../support/options.js'
import { type Server, startServer } from '../support/server-process.js'
import { confirm, describeHarm, type Harm } from './harm.js'
import { askAsOthers, askInPeace } from './others.js'
import type { HostileStage } from './stage.js'
import { largestList } from './targets.js'

/** What hundreds of connections do, and when the server should have closed them. */
interface SocketAttack {
  name: string
  /** Writes on a connection that has just opened, and goes on if it wants to until `signal` is aborted. */
  act(socket: Socket, signal: AbortSignal): void
  isRead: boolean
  /** How long the connections are watched. */
  seconds: number
  /** Whether a time limit should have closed all of them by then. */
  areClosed: boolean
}

const sockets = 600
const margin = 5
// Other attacks run on this machine meanwhile, so that a short wait says nothing.
const floorMs = 100

const headersStart = 'POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\nx-slow: '
const bodyStart =
  'POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{'

const slowSockets: readonly SocketAttack[] = [
  {
    name: 'sockets: half of the headers',
    act: drip(headersStart, 'x'),
    isRead: true,
    seconds: 10 + margin,
    areClosed: true,
  },
  {
    name: 'sockets: a body at one byte a second',
    act: drip(bodyStart, ' '),
    isRead: true,
    seconds: 30 + margin,
    areClosed: true,
  },
  { name: 'sockets: nothing sent', act: () => {}, isRead: true, seconds: 10 + margin, areClosed: true },
  {
    name: 'sockets: a request a second, for nothing',
    act: repeat('/nothing'),
    isRead: true,
    seconds: 15,
    areClosed: false,
  },
]

/** Opens hundreds of connections that are slow, or silent: each kind on a server of its own, all at once. */
export async function runSlowSockets(stage: HostileStage, options: Options): Promise<Harm[]> {
  const attacks = slowSockets.filter(({ name }) => isAsked(options, name))
  return Promise.all(
    attacks.map((attack) => confirm(() => runAttack(stage, attack, { share: 1 / slowSockets.length }))),
  )
}

/** Opens hundreds of connections that ask for much and read nothing, one kind after the other. */
export async function runDeafSockets(stage: HostileStage, options: Options): Promise<Harm[]> {
  const harms: Harm[] = []
  for (const attack of await deafSockets(stage, options)) {
    if (isAsked(options, attack.name)) harms.push(await confirm(() => runAttack(stage, attack, { share: 1 })))
  }
  return harms
}

function drip(start: string, byte: string): SocketAttack['act'] {
  return (socket, signal) => {
    socket.write(start)
    const timer = setInterval(() => socket.writable && socket.write(byte), 1_000)
    signal.addEventListener('abort', () => clearInterval(timer))
  }
}

function ask(path: string, times: number): SocketAttack['act'] {
  return (socket) => void socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(times))
}

function repeat(path: string): SocketAttack['act'] {
  return (socket, signal) => {
    const timer = setInterval(() => socket.writable && ask(path, 1)(socket, signal), 1_000)
    signal.addEventListener('abort', () => clearInterval(timer))
  }
}

async function deafSockets(stage: HostileStage, { isQuick }: Options): Promise<SocketAttack[]> {
  const file = await largestFile(stage)
  const rest = isQuick
    ? { isRead: false, seconds: 8, areClosed: false }
    : { isRead: false, seconds: 60, areClosed: true }
  return [
    { name: `sockets: ${file} four times, never read`, act: ask(file, 4), ...rest },
    { name: `sockets: ${largestList} forty times, never read`, act: ask(largestList, 40), ...rest },
  ]
}

/** Finds the largest file that the documentation page loads. */
async function largestFile(stage: HostileStage): Promise<string> {
  const server = await startServer(stage.settings)
  try {
    const page = await send(server.url, { method: 'GET', path: '/docs' })
    const paths = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, path]) => path ?? [])
    const sizes = paths.map(async (path) => {
      return { path, size: (await send(server.url, { method: 'GET', path })).body.length }
    })
    return (await Promise.all(sizes)).toSorted((a, b) => b.size - a.size)[0]?.path ?? '/docs'
  } finally {
    await server.kill()
  }
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
    const count = opened.filter(isClosed).length
    const closed = `${count} of ${sockets} in ${seconds} s`
    const observed = { server, bytesBefore, mostBytes, calm, attacked, floorMs, closed }
    return describeHarm(name, { ...observed, isLeftOpen: areClosed && count < sockets })
  } finally {
    ended.abort()
    for (const socket of opened) socket.destroy()
    await server.kill()
  }
}

function open(server: Server, { act, isRead }: SocketAttack, signal: AbortSignal): Socket {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  // One that nobody reads hears of its end only by what is written to it.
  if (isRead) socket.resume()
  else socket.pause()
  socket.on('error', () => socket.destroy())
  socket.on('connect', () => act(socket, signal))
  return socket
}

function isClosed(socket: Socket): boolean {
  if (!socket.destroyed && socket.isPaused()) socket.write('x')
  return socket.destroyed || socket.readableEnded
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
