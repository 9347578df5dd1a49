import { createServer } from 'node:net'

/** Listens for a moment, and returns the port, or nothing if it is in use. */
export async function bind(host: string, port: number): Promise<number | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.on('error', () => resolve(undefined))
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
