import fc from 'fast-check'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConflictError } from '../../core/errors.js'
import { openApiDocument } from '../../core/http/openapi/document.js'
import { listRestProcedures } from '../../core/http/rest/procedures.js'
import { publicProcedure, router } from '../../procedures.js'
import { createTransportApp } from '../transport-app.js'
import { createContract } from './contract.js'
import { createDocumentChecks } from './document.js'

const note = z.object({ id: z.string(), title: z.string(), editedAt: z.date().nullable() })
const sample = { id: 'n1', title: 'T', editedAt: new Date('2026-01-01T00:00:00Z') }
const rename = { rest: { method: 'PATCH', path: '/notes/{id}' }, summary: 'Rename a note' } as const

/** A router with one procedure, which renames a note in a given way. */
function renamingBy(resolve: (title: string) => typeof sample, output = note) {
  const input = z.strictObject({ id: z.string().max(20), title: z.string().max(80) })
  return router({
    rename: publicProcedure
      .meta(rename)
      .input(input)
      .output(output)
      .mutation(({ input: { title } }) => resolve(title)),
  })
}

interface Response {
  statusCode: number
  headers: Record<string, unknown>
  body: string
}

/** Changes a response on its way to the client. */
type Change = (response: Response) => Partial<Response>

interface Planted {
  /** Renames the note; correctly by default. */
  resolve?: (title: string) => typeof sample
  changeRest?: Change
  changeTrpc?: Change
  /** The output that the document describes; the actual one by default. */
  documented?: typeof note
}

const good = (title: string) => ({ ...sample, title })

/** The contract of the procedure, in an app that has a fault. */
async function plant({ resolve = good, changeRest, changeTrpc, documented = note }: Planted) {
  const planted = renamingBy(resolve)
  const { app } = await createTransportApp(planted)
  const inject = async (options: InjectOptions & { url: string }) => {
    const { statusCode, headers, body } = await app.inject(options)
    const response = { statusCode, headers: { ...headers, 'x-request-id': 'request-1' }, body }
    const change = options.url.startsWith('/api/') ? changeRest : changeTrpc
    return { ...response, ...change?.(response) }
  }
  const side = {
    app: Object.assign(Object.create(null), { inject, hasRoute: () => false }) as FastifyInstance,
    prepare: async () => ({ accessToken: undefined, input: { id: 'n1', title: 'T' } }),
  }
  const target = {
    tRPC: side,
    REST: side,
    odd: side,
    document: createDocumentChecks(openApiDocument(renamingBy(good, documented), { title: 'App', version: '1.0.0' })),
    ruled: new Set<string>(),
    actorsOf: () => ['anonymous'] as const,
    faultsOfValue: () => [],
  }
  const [procedure = expect.fail('there is no procedure')] = listRestProcedures(planted)
  return createContract<'anonymous'>(target, procedure)
}

const call = { actor: 'anonymous', changes: {} } as const
const conflict = (): never => {
  throw new ConflictError()
}
const addHeaders =
  (added: Record<string, unknown>): Change =>
  ({ headers }) => ({ headers: { ...headers, ...added } })
const replace =
  (from: string, to: string): Change =>
  ({ body }) => ({ body: body.replaceAll(from, to) })
const crash = (): never => {
  throw new Error('planted')
}

describe('the contract of a procedure', () => {
  it('finds nothing if it holds', async () => {
    expect(await (await plant({})).faultsOf(call)).toEqual([])
  })

  it.each<[string, Planted, string]>([
    ['a status that is not documented', { resolve: conflict }, 'the status 409 is not documented'],
    ['an error of the server', { resolve: crash }, 'the server failed with 500'],
    [
      'an error of the server over tRPC alone',
      { changeTrpc: () => ({ statusCode: 500 }) },
      'the server failed with 500 over tRPC',
    ],
    [
      'a body that does not match its schema',
      { documented: note.extend({ title: z.string().max(0) }) },
      'the body: /data/title must NOT have more than 0 characters',
    ],
    [
      'a body that lacks what is documented',
      { documented: note.extend({ kind: z.string() }) },
      "the body: /data must have required property 'kind'",
    ],
    [
      'a body of another type',
      { changeRest: addHeaders({ 'content-type': 'text/html' }) },
      'the body is not application/json',
    ],
    [
      'a body that is not JSON',
      { changeRest: ({ body }) => ({ body: body.slice(1) }) },
      'the body: the value must be object',
    ],
    [
      'a header that is missing',
      { changeRest: addHeaders({ 'x-request-id': undefined }) },
      'the header x-request-id is missing',
    ],
    [
      'a header that is not documented',
      { changeRest: addHeaders({ 'retry-after': '1' }) },
      'the header retry-after is not documented',
    ],
    ['transports that disagree', { changeRest: replace('"T"', '"2026-01-01T00:00:00Z"') }, 'the transports disagree'],
    [
      'a malformed error over tRPC',
      { resolve: conflict, changeTrpc: replace('"requestId"', '"id"') },
      "the error over tRPC: the value must have required property 'requestId'",
    ],
  ])('finds %s', async (_name, planted, fault) => {
    expect((await (await plant(planted)).faultsOf(call)).join('\n')).toContain(fault)
  })

  it('finds a fault that few inputs cause', async () => {
    const resolve = (title: string) => (title.includes('\0') ? crash() : good(title))
    const contract = await plant({ resolve })
    const holds = fc.asyncProperty(contract.calls, async (made) => (await contract.faultsOf(made)).length === 0)
    const { failed, counterexample } = await fc.check(holds, { seed: 1, numRuns: 500 })
    expect(failed).toBe(true)
    expect(counterexample?.[0].changes.title?.[0]).toContain('\0')
  })
})
