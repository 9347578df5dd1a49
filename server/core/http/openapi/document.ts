import type { AnyTRPCRouter } from '@trpc/server'
import { listRestProcedures } from '../rest/procedures.js'
import { errorResponses, errorSchemas } from './errors.js'
import { describeOperation } from './operation.js'
import { createSchemaStore, type JsonSchema } from './schemas.js'

interface DocumentOptions {
  /** The name of the application. */
  title: string
  /** The version of the API, as in `package.json`. */
  version: string
  /** Where the server is, such as `https://api.example.com`; the document is relative to its own address if left out. */
  serverUrl?: string
}

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  servers: { url: string }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, object>>
  components: Record<string, object>
}

/**
 * Describes the REST face of a router (OpenAPI 3.1). Pure: the same router gives the same document, in the same order.
 *
 * @throws Error if a schema cannot be written in JSON, or one name is given to two schemas
 */
export function openApiDocument(
  router: AnyTRPCRouter,
  { title, version, serverUrl = '' }: DocumentOptions,
): OpenApiDocument {
  const schemas = createSchemaStore()
  const procedures = listRestProcedures(router)
  const paths: OpenApiDocument['paths'] = {}
  for (const procedure of procedures) {
    const { path, method } = procedure.rest
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(procedure, schemas) }
  }
  const tags = new Set(procedures.map((procedure) => procedure.path.replace(/\..*/, '')))
  return {
    openapi: '3.1.0',
    info: { title: `${title} API`, version, description },
    servers: [{ url: `${serverUrl}/api` }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: components(paths, schemas.components()),
  }
}

const description = `\
A success answers \`{"data": ...}\`; a list answers \`{"data": [...], "meta": {...}}\`; 204 has no body.
A failure answers \`{"error": {"code", "message", "details"?, "requestId"}}\`. Decide by \`code\`: it is stable. An
operation lists the failures that its kind can give; what another status means, its \`code\` says as well.

\`POST /auth/login\` answers an access token. Send it as \`Authorization: Bearer <token>\`; on this page, give it to
"Authorize". It lives for 15 minutes; \`POST /auth/refresh\` gives the next.

Cursor pages carry \`meta.nextCursor\` and a \`Link\` header with \`rel="next"\`. Things that change have a \`version\`:
send it as \`If-Match: "3"\`, and the change is refused with 412 if somebody else was faster.`

function components(paths: object, schemas: Record<string, JsonSchema>): OpenApiDocument['components'] {
  return {
    schemas: { ...onlyUsed(schemas, paths), ...errorSchemas },
    responses: errorResponses(),
    parameters,
    headers,
    securitySchemes: { bearerAuth },
  }
}

// A named page is written as its envelope, and then nothing refers to its name.
function onlyUsed(schemas: Record<string, JsonSchema>, paths: object): Record<string, JsonSchema> {
  const used = new Set<string>()
  const visit = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      visit(schemas[name] ?? {})
    }
  }
  visit(paths)
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
}

const text: JsonSchema = { type: 'string' }

const bearerAuth = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'The `accessToken` of `POST /auth/login`, without the word Bearer.',
}

const parameters = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` that was read last. A `version` in the body does the same.',
    schema: text,
    example: '"3"',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of what the client holds; 304 if that is still the newest.',
    schema: text,
    example: '"3"',
  },
}

const headers = {
  RequestId: { description: 'Names the request in the logs of the server.', schema: text },
  ETag: { description: 'The version, quoted.', schema: text, example: '"3"' },
  Location: { description: 'The path of what was made.', schema: text },
  Link: { description: 'The next page, with `rel="next"`; absent on the last.', schema: text },
  RateLimit: { description: 'What each limit still gives, and when it is full again.', schema: text },
  RateLimitPolicy: { description: 'Each limit: calls, and the seconds in which they count.', schema: text },
  RetryAfter: { description: 'Whole seconds to wait.', schema: { type: 'integer', minimum: 0 } },
  WwwAuthenticate: { description: 'How to authenticate: `Bearer`.', schema: text },
}
