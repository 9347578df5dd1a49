import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import examples from '../../../openapi-examples.json' with { type: 'json' }
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
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const noteRef = refTo('Note')
const schemaOf = (name: string, { components } = document): object => Object(components.schemas)[name]
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
    expect(document.servers).toEqual([{ url: 'https://api.example.com/api', description: 'This server' }])
    expect(document.info.version).toBe('1.2.3')
    expect(document.tags).toEqual([{ name: 'notes', description: 'A note.' }])
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
      'NoteCreateBody',
      'NotePageResponse',
      'NoteReplaceAllBody',
      'NoteResponse',
      'NoteStatus',
      'ErrorCode',
      'ErrorDetail',
      'ApiError',
    ])
    expect(JSON.stringify(schemaOf('Note'))).not.toContain('additionalProperties')
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
    expect(replace).toHaveProperty('requestBody', { required: true, content: jsonOf(refTo('NoteReplaceAllBody')) })
    expect(schemaOf('NoteReplaceAllBody')).toEqual({
      type: 'object',
      required: ['title'],
      properties: { title: { type: 'string' }, version: { type: 'integer' } },
      additionalProperties: false,
    })
    expect(remove).not.toHaveProperty('requestBody')
  })

  it('describes responses in their envelope', () => {
    expect(get).toHaveProperty('responses.200.content', jsonOf(refTo('NoteResponse')))
    expect(schemaOf('NoteResponse')).toEqual({ type: 'object', required: ['data'], properties: { data: noteRef } })
    expect(list).toHaveProperty('responses.200.content', jsonOf(refTo('NotePageResponse')))
    expect(schemaOf('NotePageResponse')).toEqual({
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

  const always = ['400', '401', '403', '429', '500', '503']
  const ofChanges = [...always, '412', '413', '415']

  it.each([
    [list, ['200', ...always]],
    [get, ['200', '304', '404', ...always]],
    [create, ['201', '409', '422', ...ofChanges]],
    [replace, ['200', '404', '409', ...ofChanges]],
    [remove, ['204', '404', '409', ...ofChanges]],
  ])('documents the statuses that an operation can return (%#)', (operation, statuses) => {
    expect(Object.keys(Object(operation).responses)).toEqual(statuses.toSorted())
  })

  it('lists exactly the codes that an operation can return, with an example of each', () => {
    const { paths, components } = openApiDocument(appRouter, { title: 'Acme', version: '1.2.3', examples })
    const responseOf = (path: string, method: string, status: number) => {
      const { $ref } = Object(paths[path]?.[method]).responses[status]
      return Object(components.responses)[$ref.replace('#/components/responses/', '')].content['application/json']
    }
    const conflict = responseOf('/users/{id}', 'delete', 409)
    const codes = { type: 'string', enum: ['CONFLICT', 'LAST_ADMIN'] }
    expect(conflict.schema.properties.error.allOf[1].properties.code).toEqual(codes)
    expect(Object.keys(conflict.examples)).toEqual(codes.enum)
    expect(conflict.examples.LAST_ADMIN.value.error).toMatchObject({ code: 'LAST_ADMIN' })
    const credentials = responseOf('/auth/login', 'post', 401)
    expect(Object.keys(credentials.examples)).toEqual(['INVALID_CREDENTIALS'])
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
    expect(Object.keys(Object(components.securitySchemes))).toEqual(['bearerAuth', 'apiKeyAuth', 'refreshCookie'])
  })

  it('describes a time in an input as text', () => {
    const body = schemaOf('ApiKeyCreateBody', openApiDocument(appRouter, { title: 'Acme', version: '1.2.3' }))
    expect(Object(body).properties.expiresAt).toMatchObject({ type: 'string', format: 'date-time' })
  })

  it('names bodies and responses after the row and the verb, and takes a longer name where that is taken', () => {
    const own = z.object({ id: z.uuid() }).meta({ id: 'NoteResponse' })
    const clash = router({
      notes: router({
        get: publicProcedure
          .meta({ rest: { method: 'GET', path: '/notes' } })
          .output(note)
          .query(fail),
        read: publicProcedure
          .meta({ rest: { method: 'GET', path: '/own' } })
          .output(z.object({ own }))
          .query(fail),
        listAll: publicProcedure
          .meta({ rest: { method: 'GET', path: '/all' } })
          .output(z.array(note))
          .query(fail),
      }),
    })
    const { schemas } = openApiDocument(clash, { title: 'Acme', version: '1' }).components
    expect(Object.keys(Object(schemas))).toEqual(
      expect.arrayContaining(['Note', 'NoteResponse', 'NotesGetResponse', 'NoteReadResponse', 'NoteList']),
    )
  })

  it('says who may call an operation, how often, and that a cookie may replace the token', () => {
    const { paths, components } = openApiDocument(appRouter, {
      title: 'Acme',
      version: '1',
      refreshCookie: 'acme_refresh',
    })
    expect(Object(paths['/users']?.get).description).toMatch(/Only for the role `admin`\.$/)
    const login = Object(paths['/auth/login']?.post)
    expect(login.description).toMatch(/\n\nLimited to 20 requests a minute for each client address\.$/)
    expect(login.responses['200'].headers).toHaveProperty('Set-Cookie')
    expect(Object(paths['/auth/refresh']?.post).security).toEqual([{}, { refreshCookie: [] }])
    expect(components.securitySchemes).toHaveProperty(
      'refreshCookie',
      expect.objectContaining({ name: 'acme_refresh' }),
    )
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
