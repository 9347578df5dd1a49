import { describe, expect, it } from 'vitest'
import { Role } from './generated/client.js'
import { calls, expectedOutcome } from './testing/calls.js'
import { createUser } from './testing/factories.js'
import { actorKinds, setStage } from './testing/stage.js'
import { startTestApp } from './testing/test-app.js'
import { everyProcedure, transports } from './testing/transports.js'

// With one connection for requests, a transaction whose work uses the pool waits for itself, and fails.
const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '3' } })
// So that no admin of the matrix is the last one.
await createUser(t, { role: 'admin' })

describe('S27: every procedure, every kind of actor, both transports', () => {
  it('has a row for each procedure, and no others', () => {
    expect(Object.keys(calls).sort()).toEqual([...everyProcedure().keys()].sort())
  })

  it('has an actor of each role', () => {
    const { user: _owner, ...roles } = Role
    expect(actorKinds).toEqual(expect.arrayContaining(Object.values(roles)))
  })

  for (const [procedure, { meta }] of everyProcedure()) {
    describe(procedure, () => {
      for (const [transportName, transport] of Object.entries(transports)) {
        it(`allows over ${transportName} the actors that its access declares`, async () => {
          const outcomes: Record<string, string> = {}
          const expected: Record<string, string> = {}
          for (const actor of actorKinds) {
            const stage = await setStage(t, actor)
            const accessToken = stage.session?.accessToken
            const input = await calls[procedure]?.input?.(stage)
            const { error } = await transport(t.app, { procedure, input, accessToken })
            outcomes[actor] = error?.code ?? 'OK'
            expected[actor] = expectedOutcome(procedure, meta, actor)
          }
          expect(outcomes).toEqual(expected)
        })
      }
    })
  }
})
