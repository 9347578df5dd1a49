import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.js'

/** Reads what stands in a JSON text; the request is the one that carried it. */
export type ReadText = (request: FastifyRequest, text: string) => unknown

/**
 * Makes a scope take `application/json` and nothing else: any other media type is refused with 415 before a byte of
 * the body is read.
 */
export function acceptOnlyJson(app: FastifyInstance, read: ReadText): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    done(null, read(request, text))
  })
}

/**
 * Makes Fastify's JSON parser, which refuses keys that reach a prototype, callable on any text.
 *
 * The reader it gives throws AppError BAD_REQUEST for a text that is malformed or carries such a key.
 */
export function createJsonReader(app: FastifyInstance): ReadText {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, text) => {
    // Fastify's own parser calls back before it returns.
    const outcome: { error: Error | null; value?: unknown } = { error: null }
    void parse(request, text, (error, value) => Object.assign(outcome, { error, value }))
    if (outcome.error) throw new AppError('BAD_REQUEST', { cause: outcome.error })
    return outcome.value
  }
}
