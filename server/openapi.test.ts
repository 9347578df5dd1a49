import { describe, expect, it } from 'vitest'
import { openApiDocument } from './core/http/openapi/document.js'
import examples from './openapi-examples.json' with { type: 'json' }
import { appRouter } from './router.js'
import { findExampleFaults, findUnbounded } from './testing/openapi-faults.js'

const document = openApiDocument(appRouter, { title: 'Acme', version: '1', examples })
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => [`${method} ${path}`, Object(operation)] as const),
)
const copy = (): typeof document => structuredClone(document)

/** The content of a response, also of one that is referenced. */
function contentOf(response: any): any {
  const name = response.$ref?.split('/').at(-1)
  return name ? Object(document.components['responses'])[name] : response
}

describe('the document of this API', () => {
  // A resource that a team adds may do with summaries.
  const described = 'auth sessions users apiKeys audit mail'.split(' ')

  it.each(operations)('describes %s: a summary as a verb phrase, and in the base a description', (_name, operation) => {
    expect(operation.summary).toMatch(/^[A-Z][a-z]+ .*[^.]$|^Log out$/)
    const [feature] = operation.tags
    if (described.includes(feature)) expect(operation.description).toMatch(/^[A-Z][^]*\.(\*\*)?$/)
  })

  it.each(operations)('names the bodies of %s', (_name, operation) => {
    const success = Object.entries<any>(operation.responses).filter(([status]) => status.startsWith('2'))
    const contents = [operation.requestBody, ...success.map(([, response]) => response)].flatMap(
      (each) => each?.content ?? [],
    )
    for (const content of contents) expect(content['application/json'].schema).toEqual({ $ref: expect.any(String) })
  })

  it.each(operations)('lists the headers of the responses of %s', (_name, operation) => {
    for (const [status, response] of Object.entries<any>(operation.responses)) {
      const headers = Object.keys(contentOf(response).headers)
      expect(headers, status).toContain('x-request-id')
      if (Number(status) < 400 || status === '429') expect(headers, status).toEqual(expect.arrayContaining(limits))
      if (status === '429' || status === '503') expect(headers, status).toContain('Retry-After')
      if (status === '401') expect(headers).toContain('WWW-Authenticate')
    }
  })

  const limits = ['RateLimit', 'RateLimit-Policy']
})

describe('the schemas of this API', () => {
  it('have bounds for every string, integer and list, in inputs and outputs alike', () => {
    expect(findUnbounded(document)).toEqual([])
  })

  it.each([
    ['a string', 'User', { type: 'string' }, 'maxLength'],
    ['a nullable string', 'User', { type: ['string', 'null'] }, 'maxLength'],
    ['an integer', 'UserCreateBody', { type: 'integer', minimum: 0 }, 'maximum'],
    ['a list', 'UserCreateBody', { type: 'array', items: { type: 'boolean' } }, 'maxItems'],
  ])('are found if %s has no bounds', (_kind, name, planted, keyword) => {
    const changed = copy()
    Object(changed.components['schemas'])[name].properties.planted = planted
    expect(findUnbounded(changed)).toEqual([`/components/schemas/${name}/properties/planted: ${keyword}`])
  })
})

describe('the examples of this API', () => {
  it('exist for every body, and match its schema', () => {
    expect(findExampleFaults(document)).toEqual([])
  })

  it('are those of the operations, and of no others', () => {
    const names = Object.keys(examples.operations).map((path) =>
      path.replace(/\.(\w)/g, (_dot, letter: string) => letter.toUpperCase()),
    )
    const ids = operations.map(([, { operationId }]) => String(operationId))
    expect(names.toSorted()).toEqual(ids.toSorted())
  })

  it.each(operations)('name a value of each parameter that %s requires', (_name, operation) => {
    const required = (operation.parameters ?? []).filter((parameter: any) => parameter.required)
    for (const parameter of required) expect(parameter.example, parameter.name).toBeDefined()
  })

  it('are found if one is missing, or does not match its schema', () => {
    const changed = copy()
    const contentOfMe = Object(changed.paths['/users/me'])
    delete contentOfMe.patch.responses['200'].content['application/json'].example
    contentOfMe.get.responses['200'].content['application/json'].example.data.version = 'one'
    Object(changed.paths['/users']?.['post']).requestBody.content['application/json'].example.isAdmin = true
    expect(findExampleFaults(changed)).toEqual([
      expect.stringMatching(/users~1me\/get.*data\/version must be integer$/),
      expect.stringMatching(/users~1me\/patch.*: has no example$/),
      expect.stringMatching(/users\/post.*must NOT have additional properties$/),
    ])
  })
})
