import type { AnyTRPCRouter } from '@trpc/server'
import { listRestProcedures } from '../rest/procedures.js'
import { errorResponses, errorSchemas } from './errors.js'
import { describeOperation } from './operation.js'
import { createSchemaStore, type JsonSchema } from './schemas.js'

interface DocumentOptions {
  /** The name of the application. */
  title: string
  /** The version of the API, from `package.json`. */
  version: string
  /** The address of the server, such as `https://api.example.com`. By default, URLs are relative to the document. */
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
 * Describes the REST API of a router (OpenAPI 3.1). Pure: the same router always results in the same document.
 *
 * @throws Error if a schema cannot be represented in JSON, or if two schemas have the same name
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
A successful response has the body \`{"data": ...}\`, and a list has \`{"data": [...], "meta": {...}}\`. A response with
status 204 has no body. An error response has the body
\`{"error": {"code", "message", "details"?, "requestId"}}\`. Base decisions on \`code\`, which is stable. Each operation
lists the errors that operations of its kind can return.

\`POST /auth/login\` returns an access token. Send it in the header \`Authorization: Bearer <token>\`; on this page, enter
it under "Authorize". The token is valid for 15 minutes. \`POST /auth/refresh\` returns a new one.

Programs send an API key in the same header. \`POST /api-keys\` creates one with the scopes that it needs. A request that
none of its scopes allows is answered with 403.

Lists that are paged by cursor return \`meta.nextCursor\` and a \`Link\` header with \`rel="next"\`. Resources that can
change have a \`version\`. Send it as \`If-Match: "3"\`, or send the whole \`ETag\` that you read; the request fails with 412 if
the resource has changed since.

To repeat a request that creates something without creating it twice, send an \`Idempotency-Key\`, such as a UUID. For 24
hours, the same caller gets the first response again for the same key, with \`Idempotency-Replayed: true\`. Failed requests
are not stored. Responses that contain secrets, such as those of \`/auth\`, are not stored either. Requests with PUT, PATCH
and DELETE can be repeated without a key.`

function components(paths: object, schemas: Record<string, JsonSchema>): OpenApiDocument['components'] {
  return {
    schemas: { ...onlyUsed(schemas, paths), ...errorSchemas },
    responses: errorResponses(),
    parameters,
    headers,
    securitySchemes: { bearerAuth, apiKeyAuth },
  }
}

// A named page is replaced by its response body, so its name may no longer be referenced.
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
  description: 'The `accessToken` returned by `POST /auth/login`, without the prefix `Bearer`.',
}

const apiKeyAuth = {
  type: 'http',
  scheme: 'bearer',
  description:
    'An API key, which `POST /api-keys` returns once, without the prefix `Bearer`. It acts as its owner, within its scopes; ' +
    'each operation that accepts keys names the scope that it needs.',
}

const parameters = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description:
      'The `ETag` that you read, or only its version, such as `"3"`. The request fails with 412 if the resource has another ' +
      'version. A `version` in the request body has the same effect.',
    schema: text,
    example: '"3"',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A value that you choose for this request, such as a UUID. A repetition with the same key and the same input gets the ' +
      'first response again, for 24 hours. With another input it fails with 422, and while the first request runs with 409.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
    example: '3f0c1c53-6d7b-4d0a-9c55-2a1f4b1c7d11',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description:
      'The `ETag` of the copy that the client holds. The response is 304 if that is still the current version.',
    schema: text,
    example: '"3.Jx4wZkmF1r0aQd2c"',
  },
}

const headers = {
  RequestId: { description: 'The id of the request, which also appears in the logs of the server.', schema: text },
  ETag: {
    description: 'The version of the resource and a digest of its representation.',
    schema: text,
    example: '"3.Jx4wZkmF1r0aQd2c"',
  },
  Location: { description: 'The path of the new resource.', schema: text },
  IdempotencyReplayed: {
    description: 'The response is that of an earlier request with the same `Idempotency-Key`. Otherwise absent.',
    schema: { type: 'string', const: 'true' },
  },
  Link: { description: 'The URL of the next page, with `rel="next"`. Absent on the last page.', schema: text },
  RateLimit: {
    description: 'For each limit: the requests that remain, and the seconds until it resets.',
    schema: text,
  },
  RateLimitPolicy: {
    description: 'For each limit: the number of requests, and the length of its window in seconds.',
    schema: text,
  },
  RetryAfter: {
    description: 'The number of seconds to wait before the next attempt.',
    schema: { type: 'integer', minimum: 0 },
  },
  WwwAuthenticate: { description: 'The authentication scheme: `Bearer`.', schema: text },
}
