import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { AnyTRPCRouter } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { apiReferenceScript } from '../../../generated/api-reference.js'
import { escapeHtml } from '../../escape-html.js'
import { openApiDocument } from '../openapi/document.js'
import type { Examples } from '../openapi/examples.js'
import { type DocumentConfig, documentOptions } from '../openapi/options.js'
import { docsHtml, docsScript, docsStyle } from './assets.js'

interface DocsOptions {
  /** Real calls; see `server/openapi-examples.json`. */
  examples?: Examples
  /** URLs of further scripts of the page, relative to it, which are loaded before it starts. */
  scripts?: readonly string[] | undefined
}

/**
 * Creates the plugin for `GET /docs`, a page to read and try the API, and `GET /api/openapi.json`. The page loads
 * everything from this server.
 */
export function docsPage(router: AnyTRPCRouter, config: DocumentConfig, { examples, scripts = [] }: DocsOptions = {}) {
  // Written when somebody asks for it, because it takes as long as the rest of a start.
  const document = once(() => {
    const written = openApiDocument(router, { ...documentOptions(config), ...(examples && { examples }) })
    return fileOf('application/json; charset=utf-8', JSON.stringify(written))
  })
  const reference = gzippedFileOf('text/javascript; charset=utf-8', Buffer.from(apiReferenceScript, 'base64'))
  const referencePath = `docs/reference-${reference.etag.replaceAll('"', '')}.js`
  const html = docsHtml({ title: escapeHtml(config.app.title), scripts: [referencePath, ...scripts, 'docs/page.js'] })
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/api/openapi.json', (request, reply) => answer(request, reply, document()))
    serve(app, '/docs', fileOf('text/html; charset=utf-8', html), { onRequest: allowInlineStyles })
    serve(app, '/docs/page.css', fileOf('text/css; charset=utf-8', docsStyle))
    serve(app, '/docs/page.js', fileOf('text/javascript; charset=utf-8', docsScript))
    serve(app, `/${referencePath}`, reference)
  }
}

interface ServedFile {
  contentType: string
  /**
   * Returns a buffer, which all responses share. Each response would have its own copy of a string while it waits to be sent.
   */
  content(): Buffer
  etag: string
  /** The same content for clients that accept gzip. The URL of such a file has its hash, so that it never changes. */
  gzipped?: Buffer
}

function fileOf(contentType: string, file: string | Buffer): ServedFile {
  const content = Buffer.from(file)
  return { contentType, content: () => content, etag: tagOf(content) }
}

// Few clients do not accept gzip, so the plain content is made when the first one asks for it.
function gzippedFileOf(contentType: string, gzipped: Buffer): ServedFile {
  return { contentType, content: once(() => gunzipSync(gzipped)), etag: tagOf(gzipped), gzipped }
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function tagOf(content: Buffer): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
}

function serve(app: FastifyInstance, url: string, file: ServedFile, options: RouteShorthandOptions = {}): void {
  app.get(url, options, (request, reply) => answer(request, reply, file))
}

function answer(request: FastifyRequest, reply: FastifyReply, { contentType, content, etag, gzipped }: ServedFile) {
  reply.header('cache-control', gzipped ? 'public, max-age=31536000, immutable' : 'no-cache').header('etag', etag)
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
  reply.type(contentType)
  if (!gzipped) return reply.send(content())
  reply.header('vary', 'Accept-Encoding, Origin')
  const acceptsGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers['accept-encoding'] ?? '')
  return acceptsGzip ? reply.header('content-encoding', 'gzip').send(gzipped) : reply.send(content())
}

// The reference sets `style` attributes, which no hash or nonce can allow. Scripts stay restricted to files of this server.
async function allowInlineStyles(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const policy = String(reply.getHeader('content-security-policy') ?? '')
  reply.header('content-security-policy', policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"))
}
