import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { adminProcedure, protectedProcedure, publicProcedure, router } from '../../../procedures.js'
import { appRouter } from '../../../router.js'
import { openApiDocument } from './document.js'

const status = z.enum(['draft', 'published']).meta({ id: 'NoteStatus' })
const note = z
  .object({ id: z.uuid(), status, publishedAt: z.date().nullable(), version: z.int() })
  .meta({ id: 'Note', description: 'A note.' })
const page = z.object({ items: z.array(note), meta: z.object({ limit: z.int(), nextCursor: z.string().nullable() }) })
const fail = (): never => {
  throw new Error('is only described')
}

const notes = router({
  list: publicProcedure
    .meta({ rest: { method: 'GET', path: '/notes' }, summary: 'List notes' })
    .input(
      z.strictObject({
        limit: z.int().min(1).max(100).default(20),
        q: z.string().describe('Words to search for.').optional(),
        status: status.optional(),
      }),
    )
    .output(page.meta({ id: 'NotePage' }))
    .query(fail),
  get: publicProcedure
    .meta({ rest: { method: 'GET', path: '/notes/{id}' } })
    .input(z.strictObject({ id: z.uuid() }))
    .output(note)
    .query(fail),
  create: protectedProcedure
    .meta({ rest: { method: 'POST', path: '/notes', status: 201 }, idempotency: 'kept' })
    .input(z.strictObject({ title: z.string().trim().min(1), status: status.default('draft') }))
    .output(note)
    .mutation(fail),
  replaceAll: adminProcedure
    .meta({ rest: { method: 'PUT', path: '/notes/{id}' } })
    .input(z.strictObject({ id: z.uuid(), title: z.string(), version: z.int().optional() }))
    .output(note)
    .mutation(fail),
  remove: protectedProcedure
    .meta({ rest: { method: 'DELETE', path: '/notes/{id}', status: 204 } })
    .input(z.strictObject({ id: z.uuid(), version: z.int().optional() }))
    .output(z.void())
    .mutation(fail),
  internal: protectedProcedure.output(note).query(fail),
})

const document = openApiDocument(router({ notes }), {
  title: 'Acme',
  version: '1.2.3',
  serverUrl: 'https://api.example.com',
})
const list = document.paths['/notes']?.get
const get = document.paths['/notes/{id}']?.get
const create = document.paths['/notes']?.post
const replace = document.paths['/notes/{id}']?.put
const remove = document.paths['/notes/{id}']?.delete
const noteRef = { $ref: '#/components/schemas/Note' }
const jsonOf = (schema: object) => ({ 'application/json': { schema } })

describe('the OpenAPI document', () => {
  it.each([
    ['an example', document],
    ['this API', openApiDocument(appRouter, { title: 'Acme', version: '1.2.3' })],
  ])('is valid OpenAPI 3.1 for %s', async (_name, described) => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(described)))
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
  })

  it('has no dangling reference', () => {
    const whole = openApiDocument(appRouter, { title: 'Acme', version: '1.2.3' })
    const pointers = [...JSON.stringify(whole).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, pointer = '']) => pointer)
    const dangling = pointers.filter(
      (pointer) => !pointer.split('/').reduce<unknown>((part, key) => Object(part)[key], whole),
    )
    expect(pointers.length).toBeGreaterThan(100)
    expect(dangling).toEqual([])
  })

  it('is identical, byte for byte, when it is built again', () => {
    const again = openApiDocument(router({ notes }), {
      title: 'Acme',
      version: '1.2.3',
      serverUrl: 'https://api.example.com',
    })
    expect(JSON.stringify(again)).toBe(JSON.stringify(document))
  })

  it('names the server, the version and the tags', () => {
    expect(document.servers).toEqual([{ url: 'https://api.example.com/api' }])
    expect(document.info.version).toBe('1.2.3')
    expect(document.tags).toEqual([{ name: 'notes' }])
  })

  it('contains exactly the procedures that have a route under /api', () => {
    const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map((it) => Object(it).operationId))
    expect(ids).toEqual(['notesList', 'notesCreate', 'notesGet', 'notesReplaceAll', 'notesRemove'])
  })

  it('contains named schemas once, dates as date-time, and responses that allow new keys', () => {
    expect(Object(document.components.schemas)).toMatchObject({
      Note: {
        type: 'object',
        description: 'A note.',
        properties: {
          id: { type: 'string', format: 'uuid' },
          status: { $ref: '#/components/schemas/NoteStatus' },
          publishedAt: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
        },
      },
      NoteStatus: { enum: ['draft', 'published'] },
    })
    expect(Object.keys(Object(document.components.schemas))).toEqual([
      'Note',
      'NoteStatus',
      'ErrorCode',
      'ErrorDetail',
      'ErrorResponse',
    ])
    expect(JSON.stringify(document.components.schemas)).not.toContain('additionalProperties')
  })

  it('describes the input of a query in the query string', () => {
    expect(list).toMatchObject({
      summary: 'List notes',
      parameters: [
        { name: 'limit', in: 'query', required: false, schema: { type: 'integer', default: 20, maximum: 100 } },
        { name: 'q', in: 'query', required: false, description: 'Words to search for.', schema: { type: 'string' } },
        { name: 'status', in: 'query', schema: { $ref: '#/components/schemas/NoteStatus' } },
      ],
    })
    expect(list).not.toHaveProperty('requestBody')
  })

  it('describes path keys in the path and the others in the body', () => {
    expect(replace).toMatchObject({ parameters: [{ name: 'id', in: 'path', required: true }, expect.anything()] })
    expect(replace).toHaveProperty('requestBody', {
      required: true,
      content: jsonOf({
        type: 'object',
        required: ['title'],
        properties: { title: { type: 'string' }, version: { type: 'integer' } },
        additionalProperties: false,
      }),
    })
    expect(remove).not.toHaveProperty('requestBody')
  })

  it('describes responses in their envelope', () => {
    const data = { type: 'object', required: ['data'], properties: { data: noteRef } }
    expect(get).toHaveProperty('responses.200.content', jsonOf(data))
    expect(list).toHaveProperty('responses.200.content.application/json.schema', {
      type: 'object',
      required: ['data', 'meta'],
      properties: { data: { type: 'array', items: noteRef }, meta: expect.objectContaining({ type: 'object' }) },
    })
    expect(list).toHaveProperty('responses.200.headers.Link')
  })

  it('documents the actual status of a success: 201 with Location, 204 without a body', () => {
    expect(create).toHaveProperty('responses.201.headers.Location')
    expect(create).not.toHaveProperty('responses.200')
    expect(remove).toHaveProperty('responses.204')
    expect(remove).not.toHaveProperty('responses.204.content')
  })

  it('documents conditional requests for resources with a version', () => {
    expect(get).toHaveProperty('responses.304')
    expect(get).toHaveProperty('responses.200.headers.ETag')
    expect(get).toHaveProperty('parameters.1.$ref', '#/components/parameters/IfNoneMatch')
    expect(replace).toHaveProperty('parameters.1.$ref', '#/components/parameters/IfMatch')
    expect(list).not.toHaveProperty('responses.304')
  })

  it('documents the version of a removal in a header, because few clients send a body with DELETE', () => {
    expect(remove).toHaveProperty('parameters.1.$ref', '#/components/parameters/IfMatch')
    expect(remove).not.toHaveProperty('requestBody')
  })

  it.each([
    [list, ['200', '400', '401', '429', 'default']],
    [get, ['200', '304', '400', '401', '404', '429', 'default']],
    [create, ['201', '400', '401', '409', '413', '415', '422', '429', 'default']],
    [replace, ['200', '400', '401', '403', '404', '409', '412', '413', '415', '422', '429', 'default']],
    [remove, ['204', '400', '401', '404', '409', '412', '429', 'default']],
  ])('documents the errors that an operation can return (%#)', (operation, statuses) => {
    expect(Object.keys(Object(operation).responses)).toEqual(statuses)
  })

  it('documents 403 where a cookie may replace the token, and no credential where none is required', () => {
    const { paths } = openApiDocument(appRouter, { title: 'Acme', version: '1.2.3' })
    const statusesOf = (path: string) => Object.keys(Object(paths[path]?.post).responses)
    expect(statusesOf('/auth/refresh')).toContain('403')
    expect(statusesOf('/auth/login')).not.toContain('403')
    expect(statusesOf('/auth/login')).toContain('401')
    expect(statusesOf('/auth/password-reset')).not.toContain('401')
  })

  it('names the schemas for which third parties need a type', () => {
    const { components } = openApiDocument(appRouter, { title: 'Acme', version: '1.2.3' })
    expect(Object.keys(Object(components.schemas))).toEqual(
      expect.arrayContaining(['SignedIn', 'User', 'Session', 'CursorMeta', 'OffsetMeta', 'AuditEvent', 'OutboxMail']),
    )
  })

  it('requires a bearer token according to the access', () => {
    expect(create).toMatchObject({ security: [{ bearerAuth: [] }] })
    expect(list).toMatchObject({ security: [{}, { bearerAuth: [] }] })
  })

  it('S33: names the scope that an API key needs where it may be used, and 403 for keys without it', () => {
    const { paths, components } = openApiDocument(appRouter, { title: 'Acme', version: '1.2.3' })
    const me = Object(paths['/users/me']?.get)
    expect(me.security).toEqual([{ bearerAuth: [] }, { apiKeyAuth: ['users:read'] }])
    expect(Object.keys(me.responses)).toContain('403')
    expect(Object(paths['/api-keys']?.post).security).toEqual([{ bearerAuth: [] }])
    expect(Object.keys(Object(components.securitySchemes))).toEqual(['bearerAuth', 'apiKeyAuth'])
  })

  it('describes a time in an input as text', () => {
    const { paths } = openApiDocument(appRouter, { title: 'Acme', version: '1.2.3' })
    const { schema } = Object(paths['/api-keys']?.post).requestBody.content['application/json']
    expect(schema.properties.expiresAt).toMatchObject({ type: 'string', format: 'date-time' })
  })

  it('rejects one name for two schemas', () => {
    const two = z.strictObject({ note: z.strictObject({ id: z.int() }).meta({ id: 'Note2' }) })
    const clash = router({
      a: publicProcedure
        .meta({ rest: { method: 'POST', path: '/a' } })
        .input(two)
        .output(two)
        .mutation(fail),
    })
    expect(() => openApiDocument(clash, { title: 'Acme', version: '1' })).toThrow('Two schemas have the id "Note2"')
  })

  it('rejects schemas that JSON cannot represent', () => {
    const size = router({
      a: publicProcedure
        .meta({ rest: { method: 'GET', path: '/a' } })
        .output(z.object({ size: z.bigint() }))
        .query(fail),
    })
    expect(() => openApiDocument(size, { title: 'Acme', version: '1' })).toThrow('JSON cannot represent "bigint"')
  })
})
