import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unannounced } from './changelog.js'
import { compareDocuments } from './compare-documents.js'
import { compareTypes } from './compare-types.js'
import type { Breakage } from './refused-values.js'

const root = path.join(import.meta.dirname, '../../..')

/** A document with one list, one creation, and a schema that both name. */
function newDocument() {
  return {
    paths: {
      '/notes': {
        get: {
          operationId: 'notesList',
          security: [{}, { bearerAuth: [] }],
          parameters: [
            { name: 'limit', in: 'query', required: false, schema: { type: 'integer', minimum: 1, maximum: 100 } },
            { $ref: '#/components/parameters/IfNoneMatch' },
          ],
          responses: {
            200: {
              headers: { Link: { schema: { type: 'string' } } },
              content: json({
                type: 'object',
                required: ['data'],
                properties: { data: { type: 'array', items: note } },
              }),
            },
            401: {
              content: json({ type: 'object', required: ['code'], properties: { code: { const: 'UNAUTHORIZED' } } }),
            },
          },
        },
        post: {
          operationId: 'notesCreate',
          requestBody: {
            required: true,
            content: json({
              type: 'object',
              required: ['title'],
              properties: {
                title: { type: 'string', minLength: 1, maxLength: 200 },
                kind: { type: 'string', enum: ['a', 'b'] },
                tags: { type: 'array', items: { type: 'string' }, maxItems: 9 },
              },
              additionalProperties: false,
            }),
          },
          responses: { 201: { content: json({ type: 'object', required: ['data'], properties: { data: note } }) } },
        },
      },
    },
    components: {
      parameters: { IfNoneMatch: { name: 'If-None-Match', in: 'header', schema: { type: 'string' } } },
      schemas: {
        Note: {
          type: 'object',
          required: ['id', 'state', 'parent'],
          properties: {
            id: { type: 'string', format: 'uuid' },
            state: { type: 'string', enum: ['draft', 'published'] },
            title: { type: 'string', maxLength: 200 },
            parent: { anyOf: [{ $ref: '#/components/schemas/Note' }, { type: 'null' }] },
          },
        },
      },
    },
  }
}

const note = { $ref: '#/components/schemas/Note' }

function json(schema: object) {
  return { 'application/json': { schema } }
}

type Part = Record<string, any>

/** The breakages that a change of the document causes, as lines. */
function breakagesOf(
  change: (parts: { document: Part; list: Part; create: Part; body: Part; row: Part }) => void,
): string[] {
  const document: Part = newDocument()
  const { get: list, post: create } = document.paths['/notes']
  const body = create.requestBody.content['application/json'].schema
  change({ document, list, create, body, row: document.components.schemas.Note })
  return compareDocuments(newDocument(), document).map(lineOf)
}

function lineOf({ place, change }: Breakage): string {
  return `${place}: ${change}`
}

const planted: [string, Parameters<typeof breakagesOf>[0], string[]][] = [
  ['a route is gone', ({ document }) => delete document.paths['/notes'].post, ['POST /notes: is gone']],
  ['a field of a response is gone', ({ row }) => delete row.properties.title, ['Note.title: is gone']],
  ['a field may be missing', ({ row }) => row.required.pop(), ['Note.parent: is no longer always there']],
  [
    'a response has a new value',
    ({ row }) => row.properties.state.enum.push('archived'),
    ['Note.state: can be "archived"'],
  ],
  [
    'a field may be null',
    ({ row }) => (row.properties.state = { anyOf: [row.properties.state, { type: 'null' }] }),
    ['Note.state: can be null'],
  ],
  ['a field has another type', ({ row }) => (row.properties.title.type = 'integer'), ['Note.title: can be integer']],
  [
    'a field may be longer',
    ({ row }) => (row.properties.title.maxLength = 300),
    ['Note.title: has the maxLength 300 instead of 200'],
  ],
  ['an input is required', ({ body }) => body.required.push('kind'), ['POST /notes body.kind: is required']],
  [
    'a new input is required',
    ({ body }) => ((body.properties.new = { type: 'string' }), body.required.push('new')),
    ['POST /notes body.new: is required'],
  ],
  ['an input is gone', ({ body }) => delete body.properties.kind, ['POST /notes body.kind: is no longer accepted']],
  [
    'a bound is narrower',
    ({ body }) => (body.properties.title.maxLength = 100),
    ['POST /notes body.title: has the maxLength 100 instead of 200'],
  ],
  [
    'a bound is new',
    ({ body }) => (body.properties.tags.minItems = 1),
    ['POST /notes body.tags: has the minItems 1 instead of none'],
  ],
  [
    'an item has a pattern',
    ({ body }) => (body.properties.tags.items.pattern = '^a'),
    ['POST /notes body.tags[]: has another "pattern"'],
  ],
  [
    'an input has fewer values',
    ({ body }) => body.properties.kind.enum.pop(),
    ['POST /notes body.kind: can no longer be "b"'],
  ],
  [
    'an input of any text has values',
    ({ body }) => (body.properties.title.enum = ['x']),
    ['POST /notes body.title: can no longer be any text'],
  ],
  [
    'a parameter is narrower',
    ({ list }) => (list.parameters[0].schema.maximum = 50),
    ['GET /notes query.limit: has the maximum 50 instead of 100'],
  ],
  [
    'a parameter is required',
    ({ list }) => (list.parameters[0].required = true),
    ['GET /notes query.limit: is required'],
  ],
  [
    'a parameter is gone',
    ({ list }) => list.parameters.pop(),
    ['GET /notes header.If-None-Match: is no longer accepted'],
  ],
  ['a header is gone', ({ list }) => delete list.responses[200].headers.Link, ['GET /notes 200 Link: is gone']],
  [
    'a status changes',
    ({ create }) => ((create.responses[200] = create.responses[201]), delete create.responses[201]),
    ['POST /notes 201: is gone', 'POST /notes 200: is a new success'],
  ],
  [
    'anonymous calls are refused',
    ({ list }) => list.security.shift(),
    ['GET /notes: no longer accepts calls without a credential'],
  ],
  [
    'a generated function has another name',
    ({ list }) => (list.operationId = 'listNotes'),
    ['GET /notes: has another operationId'],
  ],
  [
    'an error has another code',
    ({ list }) => (list.responses[401].content['application/json'].schema.properties.code.const = 'NO'),
    ['GET /notes 401.code: can be "NO"'],
  ],
]

describe('a change of the document that breaks clients', () => {
  it.each(planted)('is named: %s', (_name, change, lines) => {
    expect(breakagesOf(change)).toEqual(lines)
  })

  it.each<[string, Parameters<typeof breakagesOf>[0]]>([
    ['nothing', () => {}],
    [
      'a schema in parts',
      ({ document, row: { required, ...rest } }) =>
        (document.components.schemas.Note = { allOf: [rest, { required }] }),
    ],
    ['a new route', ({ document, list }) => (document.paths['/new'] = { get: list })],
    ['a new field', ({ row }) => (row.properties.new = { type: 'string' })],
    ['a field that is always there', ({ row }) => row.required.push('title')],
    ['a new optional input', ({ body }) => (body.properties.new = { type: 'string' })],
    ['an input that is no longer required', ({ body }) => body.required.pop()],
    ['a wider bound of an input', ({ body }) => (body.properties.title.maxLength = 300)],
    ['a new value of an input', ({ body }) => body.properties.kind.enum.push('c')],
    ['a response with fewer values', ({ row }) => row.properties.state.enum.pop()],
    ['one more credential', ({ list }) => list.security.push({ apiKeyAuth: ['notes:read'] })],
    ['one more error', ({ list }) => (list.responses[404] = {})],
    [
      'a schema that is written in place',
      ({ create }) => (create.responses[201].content = newDocument().paths['/notes'].post.responses[201].content),
    ],
  ])('is not: %s', (_name, change) => {
    expect(breakagesOf(change)).toEqual([])
  })

  it('is named for a schema that is gone, which generated clients name types after', () => {
    const lines = breakagesOf(({ document, row }) => {
      document.components.schemas.Text = row
      delete document.components.schemas.Note
      const text = JSON.stringify(document.paths).replaceAll('schemas/Note', 'schemas/Text')
      document.paths = JSON.parse(text)
      row.properties.parent = { type: 'null' }
    })
    expect(lines).toEqual(['Note: is gone'])
  })
})

describe('the types of the last release', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(root, 'server/generated/release-'))
    writeFileSync(path.join(folder, 'clients.ts'), program)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('name the procedure whose clients break, and why', async () => {
    writeFileSync(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { noEmit: true, strict: true }, include: ['clients.ts'] }),
    )
    expect((await compareTypes(folder)).map(lineOf)).toEqual([
      "notes.create input: Property 'kind' is missing in type '{ title: string; }' but required in type '{ title: string; kind: string; }'.",
      `notes.list output: Type '"c"' is not assignable to type '"a" | "b"'.`,
    ])
  })
})

const program = `export const clients = {
  'notes.list input': (sent: { limit: number }): { limit: number; q?: string } => sent,
  'notes.create input': (sent: { title: string }): { title: string; kind: string } => sent,
  'notes.list output': (answer: { kind: 'a' | 'b' | 'c' }): { kind: 'a' | 'b' } => answer,
}
`

describe('a change that breaks clients', () => {
  const changelog = (items: string) =>
    `# Changelog\n\n## [Unreleased]\n\n${items}\n\n## [1.0.0] - 2026-01-01\n\n- Breaking: \`GET /old\`\n`
  const breakages = [
    { place: 'GET /notes 200 data[].title', change: 'is gone' },
    { place: 'GET /old', change: 'is gone' },
  ]
  const left = (items: string) => unannounced(breakages, changelog(items), '1.0.0').map(({ place }) => place)

  it('is announced by an item of the changelog that says "Breaking" and names it, or what it is part of', () => {
    expect(left('- Breaking: lists have no titles\n  (`GET /notes`).\n- Breaking: `GET /old` is gone.')).toEqual([])
  })

  it.each([
    ['without the word', '- Lists have no titles (`GET /notes`).'],
    ['without its name', '- Breaking: lists have no titles.'],
    ['with a name that is only its beginning', '- Breaking: `GET /not`, `GET /notes 20`.'],
    ['in an item beside it', '- Breaking: less.\n- Lists: `GET /notes`.'],
  ])('is not announced %s', (_name, items) => {
    expect(left(items)).toEqual(['GET /notes 200 data[].title', 'GET /old'])
  })

  it('needs a section of the release', () => {
    expect(() => unannounced(breakages, changelog(''), '0.9.0')).toThrow('CHANGELOG.md has no section for 0.9.0')
  })
})
