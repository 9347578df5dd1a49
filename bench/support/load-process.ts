import { connect, type Socket } from 'node:net'
import { clientAddress } from './settings.js'

interface Order {
  port: number
  path: string
  ms: number
}

const connections = 32
let sent = 0

process.on('message', (order: Order) => {
  run(order).then(
    (perSecond) => process.send?.({ perSecond }),
    (error: unknown) => process.send?.({ perSecond: 0, fault: String(error) }),
  )
})

async function run({ port, path, ms }: Order): Promise<number> {
  const start = performance.now()
  const counts = await Promise.all(Array.from({ length: connections }, () => sendUntil(port, path, start + ms)))
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - start) / 1000)
}

// Node's own HTTP client would be busier than the server that is measured.
function sendUntil(port: number, path: string, end: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay()
    let count = 0
    let received = ''
    socket.setEncoding('latin1').on('error', reject)
    socket.on('connect', () => ask(socket, path))
    socket.on('data', (chunk: string) => {
      received += chunk
      const length = lengthOf(received)
      if (length === undefined || received.length < length) return
      if (!received.startsWith('HTTP/1.1 200')) reject(new Error(`${path}: ${received.slice(0, 600)}`))
      received = ''
      count += 1
      if (performance.now() < end) ask(socket, path)
      else socket.end(() => resolve(count))
    })
  })
}

// From many addresses, so that the limit of one is not reached.
function ask(socket: Socket, path: string): void {
  sent += 1
  const address = clientAddress(sent % 4096)
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: ${address}\r\naccept: */*\r\n\r\n`)
}

// An answer comes with its length, or in chunks, whose end is as plain in JSON.
function lengthOf(answer: string): number | undefined {
  const head = answer.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, head))?.[1]
  if (length !== undefined) return head + 4 + Number(length)
  return answer.endsWith('\r\n0\r\n\r\n') ? answer.length : undefined
}
