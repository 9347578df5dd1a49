import type { FastifyInstance } from 'fastify'
import type { ErrorCode } from '../../core/errors.js'
import type { OperationExample } from '../../core/http/openapi/examples.js'
import { listRestProcedures, pathParameters, type RestProcedure } from '../../core/http/rest/procedures.js'
import { isRecord } from '../../core/unknown-values.js'
import { appRouter } from '../../router.js'
import type { DemoServer } from './demo-server.js'

type Input = Record<string, unknown>

interface Call {
  input?: Input | undefined
  /** The credential; without one, the caller is anonymous. */
  token?: string | undefined
  headers?: Record<string, string>
}

/** The address and the program of the caller, from a block for documentation (RFC 5737). */
const address = '203.0.113.7'
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'

export type Recorder = ReturnType<typeof createRecorder>

/** Sends requests to a server, and records the first success of each operation and the first error of each code. */
export function createRecorder({ app }: Pick<DemoServer, 'app'>) {
  const procedures = new Map(listRestProcedures(appRouter).map((procedure) => [procedure.path, procedure]))
  const operations = new Map<string, OperationExample>()
  const errors = new Map<string, unknown>()

  function expectProcedure(path: string): RestProcedure {
    const procedure = procedures.get(path)
    if (!procedure) throw new Error(`There is no procedure ${path}.`)
    return procedure
  }

  return {
    procedures: [...procedures.values()],
    operations,
    errors,

    /** Calls a procedure that must succeed, and returns the `data` of its response. */
    async call(path: string, call: Call = {}): Promise<Row> {
      const { status, sent, body } = await send(app, expectProcedure(path), call)
      if (status >= 400) throw new Error(`${path} failed: ${JSON.stringify(body)}`)
      if (!operations.has(path)) operations.set(path, { ...sent, ...(body !== undefined && { response: body }) })
      return toRow(body)
    },

    /** Calls a procedure that must fail with a code. */
    async fail(code: ErrorCode, path: string, call: Call = {}): Promise<void> {
      const { body } = await send(app, expectProcedure(path), call)
      this.keep(code, body)
    },

    /** Records an error response, which must have the code. */
    keep(code: ErrorCode, body: unknown): void {
      if (codeOf(body) !== code) throw new Error(`Expected ${code}: ${JSON.stringify(body)}`)
      if (!errors.has(code)) errors.set(code, body)
    },
  }
}

async function send(app: FastifyInstance, procedure: RestProcedure, { input = {}, token, headers }: Call) {
  const { method, path } = procedure.rest
  const { inPath, rest } = split(path, input)
  const hasBody = method !== 'GET' && Object.keys(rest).length > 0
  const response = await app.inject({
    method,
    url: `/api${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inPath[name])))}`,
    headers: { 'user-agent': userAgent, ...(token && { authorization: `Bearer ${token}` }), ...headers },
    remoteAddress: address,
    ...(method === 'GET' && {
      query: Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, String(value)])),
    }),
    ...(hasBody && { payload: rest }),
  })
  const parameters = { ...inPath, ...(method === 'GET' && rest) }
  const sent = { ...(Object.keys(parameters).length > 0 && { parameters }), ...(hasBody && { body: rest }) }
  const body: unknown = response.body ? response.json() : undefined
  return { status: response.statusCode, sent, body }
}

/** The fields of an object that a procedure returned. A list is the object of its first row. */
type Row = Readonly<Record<string, unknown>>

function toRow(body: unknown): Row {
  const data = isRecord(body) ? body['data'] : undefined
  const row: unknown = Array.isArray(data) ? data[0] : data
  return isRecord(row) ? row : {}
}

export function codeOf(body: unknown): unknown {
  return isRecord(body) && isRecord(body['error']) ? body['error']['code'] : undefined
}

function split(path: string, input: Input): { inPath: Input; rest: Input } {
  const names = pathParameters(path)
  const entries = Object.entries(input)
  return {
    inPath: Object.fromEntries(entries.filter(([name]) => names.includes(name))),
    rest: Object.fromEntries(entries.filter(([name]) => !names.includes(name))),
  }
}
