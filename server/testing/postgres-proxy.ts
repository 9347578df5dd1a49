import { once } from 'node:events'
import net from 'node:net'

/** What a proxy does with what the server sends, chunk by chunk. */
type Alter = (chunk: Buffer) => Buffer

/**
 * A TCP proxy in front of PostgreSQL that alters what the server sends.
 *
 * @param alter makes the function for one connection
 */
export async function createPostgresProxy(target: string, alter: () => Alter) {
  const { hostname, port } = new URL(target)
  const sockets = new Set<net.Socket>()
  const server = net.createServer((inner) => {
    const outer = net.connect(Number(port || 5432), hostname)
    const change = alter()
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from) && to.destroy())
    }
    inner.on('data', (chunk) => outer.write(chunk))
    outer.on('data', (chunk) => inner.write(change(chunk)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(target)
  const address = server.address()
  url.host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** PostgreSQL's message that ends a connection: FATAL, 57P01, as after `pg_terminate_backend`. */
export function terminationMessage(): Buffer {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
