import type { RestRoute } from '../../core/procedure-meta.js'
import { isRecord } from '../../core/unknown-values.js'
import { createSchemaChecks } from '../schema-checks.js'

/** A response of the REST API. */
interface Answer {
  statusCode: number
  headers: Readonly<Record<string, unknown>>
  /** The text of the body. */
  body: string
}

export interface DocumentChecks {
  /**
   * Returns how an input differs from what the document says of the parameters and the body of an operation; undefined if
   * it has a version that the document only describes as a header.
   */
  faultsOfInput(route: Route, input: Readonly<Record<string, unknown>>): string[] | undefined
  /** Returns what the document does not say of the response to an operation: its status, its headers and its body. */
  faultsOfAnswer(route: Route, answer: Answer): string[]
  /** Returns how an error differs from the documented format of errors. */
  faultsOfError(error: unknown): string[]
}

type Route = Pick<RestRoute, 'method' | 'path'>

/** Creates the checks of requests and responses against an OpenAPI document, as it is published. */
export function createDocumentChecks(published: object): DocumentChecks {
  const document: unknown = JSON.parse(JSON.stringify(published))
  const differences = createSchemaChecks(Object(document))
  const described = describedHeaders(document)

  function headerFaults(place: readonly string[], { headers }: Answer): string[] {
    const documented = Object.keys(Object(partAt(document, place)))
    const names = new Set([...documented.map((name) => name.toLowerCase()), ...described])
    return [...names].flatMap((name) => {
      const found = documented.find((known) => known.toLowerCase() === name)
      const value = headers[name]
      if (found === undefined) return value === undefined ? [] : [`the header ${name} is not documented`]
      const header = resolve(document, [...place, found])
      if (value === undefined) return Object(partAt(document, header)).required ? [`the header ${name} is missing`] : []
      const schema = [...header, 'schema']
      const isNumber = ['integer', 'number'].includes(Object(partAt(document, schema)).type)
      // A header that occurs several times, such as Set-Cookie.
      return [value].flat().flatMap((each) => {
        return differences(schema, isNumber ? Number(each) : each).map((text) => `the header ${name}: ${text}`)
      })
    })
  }

  function bodyFaults(place: readonly string[], { headers, body }: Answer): string[] {
    if (partAt(document, place) === undefined) return body === '' ? [] : ['a body is not documented']
    if (!/^application\/json(;|$)/.test(String(headers['content-type']))) return ['the body is not application/json']
    return differences([...place, 'application/json', 'schema'], parse(body)).map((text) => `the body: ${text}`)
  }

  return {
    faultsOfInput(route, input) {
      const operation = placeOf(route)
      const body = [...operation, 'requestBody', 'content', 'application/json', 'schema']
      const isTaken = partAt(document, body) !== undefined
      const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined))
      const parameters = [Object(partAt(document, operation)).parameters ?? []].flat().flatMap((_parameter, index) => {
        const place = resolve(document, [...operation, 'parameters', String(index)])
        const { name, in: where, required } = Object(partAt(document, place))
        if (where === 'header') return []
        const value = rest.get(name)
        if (!rest.delete(name)) return required ? [`${name} is missing`] : []
        return differences([...place, 'schema'], value).map((text) => `${name}: ${text}`)
      })
      if (!isTaken && route.method === 'DELETE' && rest.has('version')) return undefined
      if (!isTaken) return [...parameters, ...[...rest.keys()].map((name) => `${name} is unknown`)]
      return [...parameters, ...differences(body, Object.fromEntries(rest))]
    },
    faultsOfAnswer(route, answer) {
      const operation = placeOf(route)
      const place = resolve(document, [...operation, 'responses', String(answer.statusCode)])
      const isKnown = partAt(document, place) !== undefined
      return [
        ...(answer.statusCode >= 500 ? [`the server failed with ${answer.statusCode}`] : []),
        ...(isKnown ? [] : [`the status ${answer.statusCode} is not documented`]),
        ...(isKnown ? headerFaults([...place, 'headers'], answer) : []),
        ...(isKnown ? bodyFaults([...place, 'content'], answer) : []),
      ]
    },
    faultsOfError: (error) => differences(['components', 'schemas', 'ApiError'], error),
  }
}

function placeOf({ method, path }: Route): string[] {
  return ['paths', path, method.toLowerCase()]
}

function partAt(document: unknown, place: readonly string[]): unknown {
  return place.reduce((part, key) => Object(part)[key], document)
}

/** Follows the reference at a place, if there is one. */
function resolve(document: unknown, place: readonly string[]): readonly string[] {
  const part = partAt(document, place)
  return isRecord(part) && typeof part.$ref === 'string' ? part.$ref.split('/').slice(1) : place
}

/** The headers that the document describes anywhere: where they are sent, they have to be documented. */
function describedHeaders(document: unknown): string[] {
  const responses = [...JSON.stringify(document).matchAll(/"([\w-]+)":\{"\$ref":"#\/components\/headers\//g)]
  return responses.flatMap(([, name = '']) => name.toLowerCase())
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
