import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { isRecord } from '../records.js'
import { requestTarget } from '../request-target.js'
import { entityTagOf, isNotModified } from './conditions.js'
import type { RestRequest } from './input.js'
import type { RestProcedure } from './procedures.js'

type WriteReply = (output: unknown, request: RestRequest, reply: FastifyReply) => FastifyReply

/**
 * Creates the function that sends the output of a procedure as `{ data }`, as `{ data, meta }` for pages, or without a
 * body for 204, with `Location`, `ETag` and `Link` where they apply.
 *
 * @param publicUrl the address of this server, for links to further pages
 */
export function createReplyWriter({ rest, output }: RestProcedure, publicUrl: string): WriteReply {
  const { status = 200 } = rest
  if (status === 204) return (_output, _request, reply) => reply.code(204).send()
  if (isPage(output)) return (page, request, reply) => writePage(page, nextPage(page, request, publicUrl), reply)
  return (data, request, reply) => {
    reply.code(status)
    if (status === 201) writeLocation(data, request, reply)
    return writeObject(data, request, reply)
  }
}

function isPage(output: unknown): boolean {
  return output instanceof z.ZodObject && 'items' in output.shape && 'meta' in output.shape
}

function writePage(page: unknown, next: string | undefined, reply: FastifyReply): FastifyReply {
  if (next) reply.header('link', `<${next}>; rel="next"`)
  return reply.send(isRecord(page) ? { data: page.items, meta: page.meta } : { data: page })
}

function nextPage(page: unknown, request: RestRequest, publicUrl: string): string | undefined {
  if (!isRecord(page) || !isRecord(page.meta) || typeof page.meta.nextCursor !== 'string') return undefined
  const url = new URL(publicUrl + requestTarget(request))
  url.searchParams.set('cursor', page.meta.nextCursor)
  return url.href
}

function writeLocation(data: unknown, request: RestRequest, reply: FastifyReply): void {
  if (!isRecord(data) || typeof data.id !== 'string') return
  reply.header('location', `${requestTarget(request).replace(/\/?(\?.*)?$/, '')}/${encodeURIComponent(data.id)}`)
}

function writeObject(data: unknown, request: RestRequest, reply: FastifyReply): FastifyReply {
  const tag = entityTagOf(data)
  if (tag === undefined) return reply.send({ data })
  reply.header('etag', tag)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead && isNotModified(request.headers['if-none-match'], tag)) return reply.code(304).send()
  return reply.send({ data })
}
