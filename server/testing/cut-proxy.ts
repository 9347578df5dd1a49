import { once } from 'node:events'
import net from 'node:net'

/** A TCP proxy in front of a server, which can break or stall connections. */
export interface CutProxy {
  /** The URL of the server through the proxy. */
  url: string
  /** `refused`: connections break and new ones fail. `stalled`: they stay open without any data. */
  cut(how: 'refused' | 'stalled'): void
  /** Forwards new connections again; existing ones break. */
  restore(): void
  /** Forwards new connections again; existing ones stay open without any data. */
  abandon(): void
  /** Forwards all connections again; the data that arrived meanwhile is lost. */
  resume(): void
  /** Resets every connection (TCP RST). */
  reset(): void
  /** Whether new connections fail as soon as PostgreSQL has reported that it is ready. */
  endAfterGreeting(isOn: boolean): void
  close(): Promise<void>
}

interface Pair {
  inner: net.Socket
  outer: net.Socket
  isAbandoned: boolean
  endsAfterGreeting: boolean
}

/** @param delayMs the delay of each packet in both directions */
export async function createCutProxy(target: string, { delayMs = 0 } = {}): Promise<CutProxy> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let state: 'open' | 'refused' | 'stalled' = 'open'
  let endsAfterGreeting = false
  const server = net.createServer({ allowHalfOpen: true }, (inner) => {
    if (state === 'refused') inner.destroy()
    else connect(inner)
  })
  const connect = (inner: net.Socket): void => {
    const outer = net.connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 5432),
      allowHalfOpen: true,
    })
    const pair = { inner, outer, isAbandoned: false, endsAfterGreeting }
    pairs.add(pair)
    pass(pair, inner, outer)
    pass(pair, outer, inner)
  }
  const pass = (pair: Pair, from: net.Socket, to: net.Socket): void => {
    const forward = (chunk: Buffer): void => {
      const isGreeting = pair.endsAfterGreeting && from === pair.outer && chunk.includes(readyForQuery)
      if (isGreeting) to.end(Buffer.concat([chunk, terminated]))
      else to.write(chunk)
    }
    from.setNoDelay().on('error', () => to.destroy())
    // A stalled connection does not forward its end either.
    from.on('end', () => {
      if (state === 'open' && !pair.isAbandoned) to.end()
    })
    from.on('close', () => pairs.delete(pair) && to.destroy())
    from.on('data', (chunk) => {
      if (state !== 'open' || pair.isAbandoned) return
      if (delayMs > 0) setTimeout(forward, delayMs, chunk)
      else forward(chunk)
    })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakAll = () => pairs.forEach(({ inner, outer }) => [inner, outer].map((socket) => socket.destroy()))
  return {
    url: addressOf(server, target),
    cut(how) {
      state = how
      if (how === 'refused') breakAll()
    },
    restore() {
      state = 'open'
      breakAll()
    },
    abandon() {
      state = 'open'
      for (const pair of pairs) pair.isAbandoned = true
    },
    resume() {
      state = 'open'
    },
    reset() {
      for (const { inner, outer } of pairs) [inner, outer].map((socket) => socket.resetAndDestroy())
    },
    endAfterGreeting(isOn) {
      endsAfterGreeting = isOn
    },
    async close() {
      breakAll()
      server.close()
    },
  }
}

// Messages of PostgreSQL's protocol: a letter, a length, and the content. "I" means idle, outside of a transaction.
const readyForQuery = message('Z', 'I')
const terminated = message('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')

function message(type: string, content: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length + 4)
  return Buffer.concat([Buffer.from(type), length, Buffer.from(content)])
}

function addressOf(server: net.Server, target: string): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen on TCP.')
  const url = new URL(target)
  url.host = `127.0.0.1:${address.port}`
  return url.href
}
