import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type AppError, UnsupportedMediaTypeError } from '../errors.js'

/**
 * Makes a scope accept only bodies of `application/json` in UTF-8 without a content encoding. Others are rejected with
 * 415 before they are read. The body of a request is the unparsed bytes; the transport parses them later.
 */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body)
  })
  app.addHook('onRequest', (request, reply, done) => done(faultOfCoding(request, reply)))
}

function faultOfCoding({ method, headers }: FastifyRequest, reply: FastifyReply): AppError | undefined {
  // Their bodies are never read.
  if (method === 'GET' || method === 'HEAD') return undefined
  const coding = headers['content-encoding']?.trim().toLowerCase()
  if (coding && coding !== 'identity') {
    // RFC 9110 section 12.5.3: with this header, a server states which content encodings it accepts.
    reply.header('accept-encoding', 'identity')
    return new UnsupportedMediaTypeError({ message: 'The request body must not have a Content-Encoding.' })
  }
  for (const [, charset] of (headers['content-type'] ?? '').matchAll(/;\s*charset\s*=\s*"?([^\s;"]*)/gi)) {
    if (!/^utf-?8$/i.test(charset ?? '')) {
      return new UnsupportedMediaTypeError({ message: 'The request body must be encoded as UTF-8.' })
    }
  }
  return undefined
}
