import type { AnyTRPCRouter } from '@trpc/server'
import { featureOf, listRestProcedures, type RestProcedure } from '../rest/procedures.js'
import { createErrorStore, errorSchemas } from './errors.js'
import type { Examples } from './examples.js'
import { descriptionOfRow } from './names.js'
import { describeOperation, isAnswer } from './operation.js'
import { introduction } from './prose.js'
import { createSchemaStore, type JsonSchema } from './schemas.js'

export interface DocumentOptions {
  /** The name of the application. */
  title: string
  /** The version of the API, from `package.json`. */
  version: string
  /** The address of the server, such as `https://api.example.com`. By default, URLs are relative to the document. */
  serverUrl?: string
  /** The licence of the API, as an SPDX expression. */
  license?: string | undefined
  /** Who answers questions about the API. */
  contact?: { name: string; url?: string | undefined; email?: string | undefined } | undefined
  /** The name of the cookie with the refresh token. */
  refreshCookie?: string
  /** Real calls and errors; see `server/openapi-examples.json`. */
  examples?: Examples
}

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string; license?: object; contact?: object }
  servers: { url: string; description: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, object>>
  components: Record<string, object>
}

/**
 * Describes the REST API of a router (OpenAPI 3.1). Pure: the same router always results in the same document.
 *
 * @throws Error if a schema cannot be represented in JSON, or if two schemas have the same name
 */
export function openApiDocument(router: AnyTRPCRouter, options: DocumentOptions): OpenApiDocument {
  const { serverUrl = '', refreshCookie = 'refresh', examples = noExamples } = options
  const schemas = createSchemaStore()
  const errors = createErrorStore(examples.errors)
  const procedures = listRestProcedures(router)
  // First, so that no name of their own is given to something else.
  for (const { input, output } of procedures) {
    if (input) schemas.write(input, 'input')
    if (isAnswer(output)) schemas.write(output, 'output')
  }
  const paths: OpenApiDocument['paths'] = {}
  for (const procedure of procedures) {
    const { path, method } = procedure.rest
    const operation = describeOperation(procedure, { schemas, errors, procedures, examples })
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.0',
    info: describeInfo(options),
    servers: [{ url: `${serverUrl}/api`, description: 'This server' }],
    tags: describeTags(procedures),
    paths,
    components: {
      schemas: { ...onlyUsed(schemas.components(), paths), ...errorSchemas },
      responses: errors.components(),
      parameters,
      headers,
      securitySchemes: { bearerAuth, apiKeyAuth, refreshCookie: { ...cookieAuth, name: refreshCookie } },
    },
  }
}

function describeInfo({ title, version, serverUrl, license, contact }: DocumentOptions): OpenApiDocument['info'] {
  return {
    title: `${title} API`,
    version,
    description: introduction(`${serverUrl || 'https://api.example.com'}/api`),
    ...(contact && { contact }),
    ...(license !== undefined && { license: { name: license, identifier: license } }),
  }
}

const noExamples: Examples = { operations: {}, errors: {} }

/** The features, in their order, each with the description of what it is about, or the summaries of its operations. */
function describeTags(procedures: readonly RestProcedure[]): OpenApiDocument['tags'] {
  const features = new Set(procedures.map(({ path }) => featureOf(path)))
  return [...features].map((name) => {
    const own = procedures.filter(({ path }) => featureOf(path) === name)
    const summaries = own.flatMap(({ meta: { summary } }) => (summary ? `${summary}.` : []))
    return { name, description: descriptionOfRow(own) ?? summaries.join(' ') }
  })
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

const text: JsonSchema = { type: 'string', maxLength: 1000 }
// What fits into the headers of a request.
const tags: JsonSchema = {
  type: 'string',
  maxLength: 16_384,
  pattern: '^(\\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$',
}

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

const cookieAuth = {
  type: 'apiKey',
  in: 'cookie',
  description:
    'The refresh token of a login with `delivery: "cookie"`. Browsers send it, and only the origins in the settings of the ' +
    'server may use it. Other clients send the refresh token in the body instead.',
}

const parameters = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description:
      'The `ETag` that you read, or only its version, such as `"3"`. The request fails with 412 if the resource has another ' +
      'version. A `version` in the request body has the same effect.',
    schema: tags,
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
    schema: tags,
    example: '"3.Jx4wZkmF1r0aQd2c"',
  },
}

const headers = {
  RequestId: {
    required: true,
    description: 'The id of the request, which also appears in the logs of the server.',
    schema: { type: 'string', pattern: '^[\\w-]{8,64}$' },
  },
  ETag: {
    required: true,
    description: 'The version of the resource and a digest of its representation.',
    schema: { type: 'string', pattern: '^"[0-9]{1,10}\\.[\\w-]{16}"$' },
    example: '"3.Jx4wZkmF1r0aQd2c"',
  },
  Location: {
    required: true,
    description: 'The path of the new resource.',
    schema: { type: 'string', format: 'uri-reference' },
  },
  IdempotencyReplayed: {
    description: 'The response is that of an earlier request with the same `Idempotency-Key`. Otherwise absent.',
    schema: { type: 'string', const: 'true' },
  },
  Link: {
    description: 'The URL of the next page, with `rel="next"`. Absent on the last page.',
    // The URL repeats the query of the request.
    schema: { type: 'string', maxLength: 20_000 },
  },
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
    schema: { type: 'integer', minimum: 1, maximum: 86_400 },
  },
  SetCookie: {
    description: 'A cookie with the refresh token or with a mark of the browser, or its removal. Often absent.',
    schema: text,
  },
  WwwAuthenticate: { required: true, description: 'The authentication scheme: `Bearer`.', schema: text },
}
