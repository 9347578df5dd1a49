import { once } from 'node:events'
import net from 'node:net'

/** A TCP proxy in front of a server, to cut the server off or to let its answers hang. */
export interface CutProxy {
  /** The server's URL, by way of the proxy. */
  url: string
  /** `refused`: connections break and no new one is taken. `stalled`: they stay open, and nothing comes through. */
  cut(how: 'refused' | 'stalled'): void
  restore(): void
  close(): Promise<void>
}

export async function createCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<net.Socket>()
  let state: 'open' | 'refused' | 'stalled' = 'open'
  const server = net.createServer((inner) => {
    if (state === 'refused') inner.destroy()
    else connect(inner)
  })
  const connect = (inner: net.Socket): void => {
    const outer = net.connect(Number(port || 5432), hostname.replace(/^\[|\]$/g, ''))
    pass(inner, outer)
    pass(outer, inner)
  }
  const pass = (from: net.Socket, to: net.Socket): void => {
    sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => sockets.delete(from) && to.destroy())
    from.on('data', (chunk) => state === 'open' && to.write(chunk))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const destroyAll = () => sockets.forEach((socket) => void socket.destroy())
  return {
    url: addressOf(server, target),
    cut(how) {
      state = how
      if (how === 'refused') destroyAll()
    },
    restore() {
      state = 'open'
      destroyAll()
    },
    async close() {
      destroyAll()
      server.close()
    },
  }
}

function addressOf(server: net.Server, target: string): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen on TCP.')
  const url = new URL(target)
  url.host = `127.0.0.1:${address.port}`
  return url.href
}
