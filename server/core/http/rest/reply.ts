import type { FastifyReply } from 'fastify'
import { isRecord } from '../../unknown-values.js'
import { requestTarget } from '../request-target.js'
import { entityTagOf, isNotModified } from './conditions.js'
import type { RestRequest } from './input.js'
import { isPage, type RestProcedure } from './procedures.js'

type WriteReply = (output: unknown, request: RestRequest, reply: FastifyReply) => FastifyReply

interface Addresses {
  /** The address of this server, for links to further pages. */
  publicUrl: string
  /** The path of the route that a 201 response leads to, with its parameters in braces; undefined for none. */
  location: string | undefined
}

/**
 * Creates the function that sends the output of a procedure as `{ data }`, as `{ data, meta }` for pages, or without a
 * body for 204, with `Location`, `ETag` and `Link` where they apply.
 */
export function createReplyWriter({ rest, output }: RestProcedure, { publicUrl, location }: Addresses): WriteReply {
  const { status = 200 } = rest
  if (status === 204) return (_output, _request, reply) => reply.code(204).send()
  if (isPage(output)) return (page, request, reply) => writePage(page, nextPage(page, request, publicUrl), reply)
  return (data, request, reply) => {
    reply.code(status)
    if (location !== undefined) reply.header('location', fillPath(location, data, request.params))
    return writeObject(data, request, reply)
  }
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

function fillPath(path: string, data: unknown, params: Record<string, string>): string {
  const values: Record<string, unknown> = { ...params, ...(isRecord(data) ? data : {}) }
  return path.replace(/\{(\w+)\}/g, (_braces, name: string) => encodeURIComponent(String(values[name])))
}

function writeObject(data: unknown, request: RestRequest, reply: FastifyReply): FastifyReply {
  const body = writeBody(data)
  const tag = entityTagOf(data, body)
  if (tag !== undefined) {
    reply.header('etag', tag)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && isNotModified(request.headers['if-none-match'], tag)) return reply.code(304).send()
  }
  return reply.type('application/json; charset=utf-8').send(body)
}

/** The body of a response that holds one object. */
export function writeBody(data: unknown): string {
  return JSON.stringify({ data })
}
