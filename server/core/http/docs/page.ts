import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AnyTRPCRouter } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { openApiDocument } from '../openapi/document.js'
import { apiVersion } from '../openapi/version.js'
import { docsHtml, docsScript, docsStyle } from './assets.js'

interface DocsConfig {
  app: { title: string }
  http: { publicUrl: string }
}

/**
 * Creates the plugin for `GET /docs`, a page to read and try the API, and `GET /api/openapi.json`. The page loads
 * everything from this server.
 *
 * @throws Error if the router cannot be described; see {@link openApiDocument}
 */
export function docsPage(router: AnyTRPCRouter, { app: { title }, http }: DocsConfig) {
  const document = openApiDocument(router, { title, version: apiVersion(), serverUrl: http.publicUrl })
  return async (app: FastifyInstance): Promise<void> => {
    serve(app, '/api/openapi.json', fileOf('application/json; charset=utf-8', JSON.stringify(document)))
    serve(app, '/docs', fileOf('text/html; charset=utf-8', docsHtml))
    serve(app, '/docs/page.css', fileOf('text/css; charset=utf-8', docsStyle))
    serve(app, '/docs/page.js', fileOf('text/javascript; charset=utf-8', docsScript))
    serve(app, '/docs/swagger-ui.css', fileOf('text/css; charset=utf-8', await readFile(assets.style)))
    serve(app, '/docs/swagger-ui.js', fileOf('text/javascript; charset=utf-8', await readFile(assets.script)))
  }
}

interface ServedFile {
  contentType: string
  /**
   * A buffer, which all responses share. Each response would have its own copy of a string while it waits to be sent.
   */
  content: Buffer
  etag: string
}

function fileOf(contentType: string, file: string | Buffer): ServedFile {
  const content = Buffer.from(file)
  return { contentType, content, etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"` }
}

// This package contains only the files. The package that they come from sends telemetry about the installation.
const require = createRequire(import.meta.url)
const assets = {
  style: require.resolve('@fastify/swagger-ui/static/swagger-ui.css'),
  script: require.resolve('@fastify/swagger-ui/static/swagger-ui-bundle.js'),
}

function serve(app: FastifyInstance, url: string, file: ServedFile): void {
  app.get(url, (request, reply) => answer(request, reply, file))
}

function answer(request: FastifyRequest, reply: FastifyReply, { contentType, content, etag }: ServedFile) {
  reply.header('cache-control', 'no-cache').header('etag', etag)
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
  return reply.type(contentType).send(content)
}
