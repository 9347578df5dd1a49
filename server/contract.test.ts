import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { openApiDocument } from './core/http/openapi/document.js'
import type { RestProcedure } from './core/http/rest/procedures.js'
import { appRouter } from './router.js'
import { calls } from './testing/calls.js'
import { type ContractApp, type ContractTarget, createContract } from './testing/contract/contract.js'
import { createDocumentChecks } from './testing/contract/document.js'
import { createUser } from './testing/factories.js'
import { shapes } from './testing/inputs/superjson-shapes.js'
import { type ActorKind, setStage } from './testing/stage.js'
import { startTestApp } from './testing/test-app.js'
import { everyProcedure, readTrpc, send } from './testing/transports.js'

/** An app on a database of its own. */
async function startContractApp(): Promise<ContractApp<ActorKind>> {
  const t = await startTestApp()
  // So that no admin is the last one.
  await createUser(t, { role: 'admin' })
  return {
    app: t.app,
    async prepare({ path }, actor) {
      const stage = await setStage(t, actor)
      return { accessToken: stage.session?.accessToken, input: await calls[path]?.input?.(stage) }
    },
  }
}

const target: ContractTarget<ActorKind> = {
  tRPC: await startContractApp(),
  REST: await startContractApp(),
  odd: await startContractApp(),
  document: createDocumentChecks(openApiDocument(appRouter, { title: 'App', version: '1.0.0' })),
  // The policy for new passwords, and a time in the future.
  ruled: new Set(['password', 'newPassword', 'expiresAt']),
  actorsOf: ({ meta }) =>
    meta.access === 'admin' ? ['admin', 'owner', ...strangers] : ['owner', 'admin', ...strangers],
  faultsOfValue({ path }, value) {
    const keys = keysOf(value)
    const internal = keys.filter((key) => internalKey.test(key) || (/token$/i.test(key) && !carriesTokens.has(path)))
    const isHashed = JSON.stringify(value ?? null).includes(inject('passwordHash'))
    return [...internal.map((key) => `the value has ${key}`), ...(isHashed ? ['the value has a hash'] : [])]
  },
}

const internalKey =
  /hash|secret|deletedAt|disabledAt|revoked|generation|rotatedAt|searchVector|absoluteExpiresAt|params/i
const carriesTokens: ReadonlySet<string> = new Set(['auth.login', 'auth.refresh'])

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...keysOf(inner)])
}

const strangers = ['anonymous', 'API key', 'API key without its scope'] as const

const { seed, minutes, only } = inject('contract') ?? { seed: 13, minutes: 0, only: '' }
const procedures = [...everyProcedure().values()].filter(({ path }) => path.includes(only))
// Half for each of two tests.
const sharedMs = (minutes * 60_000) / procedures.length / 2
const timeout = sharedMs + 60_000

/** Tries the examples and a fixed number of random values, or as many as fit into the time that was asked for. */
async function expectNoFaults<Value>(
  values: fc.Arbitrary<Value>,
  faultsOf: (value: Value) => Promise<string[]>,
  { runs, examples = [] }: { runs: number; examples?: readonly Value[] },
): Promise<void> {
  const property = fc.asyncProperty(values, async (value) => {
    const faults = await faultsOf(value)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    seed,
    examples: examples.map((example) => [example]),
    ...(minutes > 0
      ? { numRuns: Number.MAX_SAFE_INTEGER, plugins: [fc.interruptAfterTimeLimit(sharedMs)] }
      : { numRuns: examples.length + runs }),
  })
  const reason = errorInstance instanceof Error ? errorInstance.message : ''
  if (failed) expect.fail(`${reason}\nfor ${shorten(fc.stringify(counterexample))}, seed ${seed}`)
}

function shorten(text: string): string {
  return text.length > 2_000 ? `${text.slice(0, 1_000)} ... ${text.slice(-1_000)}` : text
}

// In the same order for each run, because lists hold what the procedures before them have created.
describe('the contract of', { shuffle: false }, () => {
  for (const procedure of procedures) {
    describe(procedure.path, () => {
      const contract = createContract(target, procedure)
      // A password takes a quarter of a second to check.
      const runs = procedure.meta.hashesPassword ? 3 : 10

      it('S29: answers as documented, the same over both transports, and without internal columns', { timeout }, () =>
        expectNoFaults(contract.calls, contract.faultsOf, { runs, examples: contract.examples }),
      )

      it('answers as documented to requests that clients rarely send', { timeout }, () =>
        expectNoFaults(contract.requests, contract.faultsOfRequest, { runs }),
      )
    })
  }
})

it('answers malformed requests of tRPC with an error of the client', { timeout }, async () => {
  const requests = fc.record({
    procedure: fc.constantFrom(...procedures),
    shape: fc.constantFrom(...Object.keys(shapes)),
    bytes: fc.constantFrom(40, 2_000),
  })
  await expectNoFaults(requests, faultsOfShape, { runs: 60 })
})

async function faultsOfShape(malformed: { procedure: RestProcedure; shape: string; bytes: number }): Promise<string[]> {
  const { procedure, shape, bytes } = malformed
  const input = shapes[shape]?.(bytes) ?? ''
  const url = `/trpc/${procedure.path}`
  const request =
    procedure.type === 'query'
      ? { method: 'GET' as const, path: `${url}?input=${encodeURIComponent(input)}` }
      : { method: 'POST' as const, path: url, body: input }
  const { status, error } = readTrpc(await send(target.odd.app, request, {}))
  const faults = error ? target.document.faultsOfError(error) : []
  return status >= 500 ? [`the server failed with ${status}`, ...faults] : faults
}
