import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { headersOf, type Request } from './http.js'
import { clientAddress } from './settings.js'

/** The requests of each connection, which sends them in a cycle, one after the other. */
export interface Order {
  port: number
  requests: readonly Request[]
  connections: number
  ms: number
  /** The address of the clients; by default many different ones, which stay below the limit of an address. */
  address?: string
}

/** The number and the times of responses by status; status 0 is a broken connection. */
export interface Load {
  statuses: Record<string, number>
  perSecond: number
}

let sent = 0

process.on('message', (order: Order) => {
  void run(order).then((load) => process.send?.(load))
})

async function run(order: Order): Promise<Load> {
  const start = performance.now()
  const statuses: Record<string, number> = {}
  const count = (status: string) => {
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  const write = createWriter(order)
  await Promise.all(Array.from({ length: order.connections }, () => sendUntil(order, write, count)))
  const answers = Object.values(statuses).reduce((sum, number) => sum + number, 0)
  return { statuses, perSecond: answers / ((performance.now() - start) / 1000) }
}

function createWriter({ requests, address }: Order): (socket: Socket) => void {
  const texts = requests.map((request) => {
    const headers = Object.entries({ host: 'localhost', accept: '*/*', ...headersOf(request) })
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return [`${request.method} ${request.path} HTTP/1.1\r\n${lines}`, `\r\n${request.body ?? ''}`] as const
  })
  return (socket) => {
    sent += 1
    const [head = '', rest = ''] = texts[sent % texts.length] ?? []
    socket.write(`${head}x-forwarded-for: ${address ?? clientAddress(sent % 4096)}\r\n${rest}`)
  }
}

// Node's own HTTP client would need more processor time than the server.
async function sendUntil({ port, ms }: Order, write: (socket: Socket) => void, count: (status: string) => void) {
  const end = performance.now() + ms
  let isWaiting = true
  while (performance.now() < end) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1')
      const deadline = setTimeout(() => {
        isWaiting = false
        socket.destroy()
      }, end - performance.now())
      isWaiting = true
      const read = createReader((status) => {
        count(status)
        isWaiting = performance.now() < end
        if (isWaiting) write(socket)
        else socket.destroy()
      })
      socket
        .on('connect', () => write(socket))
        .on('data', read)
        .on('error', () => {})
      socket.on('close', () => {
        clearTimeout(deadline)
        if (isWaiting) count('0')
        resolve()
      })
    })
    if (isWaiting) await delay(20)
  }
}

/** Reports the status of each complete response, with a length or in chunks. */
function createReader(onAnswer: (status: string) => void): (chunk: string) => void {
  let head = ''
  let missing: number | undefined
  let tail = ''
  return (chunk) => {
    let rest = chunk
    if (missing === undefined) {
      head += chunk
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      rest = head.slice(end + 4)
      head = head.slice(0, end)
      missing = lengthOf(head)
    }
    missing -= rest.length
    tail = (tail + rest).slice(-5)
    if (missing > 0 || (missing < 0 && tail !== '0\r\n\r\n')) return
    const status = head.slice(9, 12)
    head = ''
    tail = ''
    missing = undefined
    onAnswer(status)
  }
}

// Negative if the last chunk determines the end.
function lengthOf(head: string): number {
  if (/^HTTP\/1.1 (204|304)/.test(head)) return 0
  return Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NEGATIVE_INFINITY)
}
