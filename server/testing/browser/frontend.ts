import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createViteServer } from 'vitest/node'

export interface Frontend {
  /** The URL of the page, such as `http://localhost:41234`. */
  origin: string
  close(): Promise<void>
}

/** Serves a page with the client package from a separate origin, as a development server of a frontend does. */
export async function startFrontend(): Promise<Frontend> {
  const vite = await createViteServer({
    configFile: false,
    root: join(import.meta.dirname, '../../..'),
    cacheDir: join(tmpdir(), `frontend-${process.pid}`),
    appType: 'custom',
    logLevel: 'error',
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: ['@trpc/client', '@trpc/server/observable', 'superjson'] },
  })
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/?')) response.setHeader('content-type', 'text/html').end(page)
    else vite.middlewares(request, response)
  })
  return {
    origin: await listen(server),
    async close() {
      server.close()
      await vite.close()
    },
  }
}

// Tests read `app`: the client, its errors, and how often it reported the end of the session.
const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A frontend</title><link rel="icon" href="data:,"></head>
<body><script type="module">
import { createApiClient, apiError } from '/client/index.ts'

const url = new URLSearchParams(location.search).get('api')
const client = createApiClient({ url, onSessionEnd: () => { app.sessionEnds += 1 } })
const codeOf = (call) => call.then(() => 'no error', (error) => apiError(error)?.code ?? 'no answer')
globalThis.app = { client, codeOf, sessionEnds: 0 }
</script></body></html>`

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, 'localhost', () => resolve(`http://localhost:${portOf(server.address())}`))
  })
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The page is not served on a port.')
  return address.port
}
