import { describe, expect, inject, it } from 'vitest'
import { calls, expectedOutcome } from './testing/calls.js'
import { setStage } from './testing/stage.js'
import { startTestApp } from './testing/test-app.js'
import { everyProcedure, transports } from './testing/transports.js'

const t = await startTestApp()

const internal = /hash|secret|deletedAt|disabledAt|revoked|generation|rotatedAt|searchVector|absoluteExpiresAt|params/i
const carriesTokens: ReadonlySet<string> = new Set(['auth.login', 'auth.refresh'])

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...keysOf(inner)])
}

describe('outputs', () => {
  for (const [procedure, { meta, rest, output }] of everyProcedure()) {
    it(`S29: ${procedure} has an output schema, and returns no hash, token or internal column`, async () => {
      expect(output).toBeDefined()
      for (const transport of Object.values(transports)) {
        const actor = meta.access === 'admin' ? 'admin' : 'owner'
        const stage = await setStage(t, actor)
        const input = await calls[procedure]?.input?.(stage)
        const { data, error } = await transport(t.app, { procedure, input, accessToken: stage.session?.accessToken })
        // A rejection contains nothing to check.
        expect(error?.code ?? 'OK').toBe(expectedOutcome(procedure, meta, actor))
        const keys = keysOf(data)
        expect(keys.filter((key) => internal.test(key))).toEqual([])
        expect(JSON.stringify(data) ?? '').not.toContain(inject('passwordHash'))
        const isAnswered = !error && rest.status !== 204
        if (isAnswered) expect(data, 'there is something to look at').toEqual(expect.anything())
        const tokens = keys.filter((key) => /token$/i.test(key))
        expect(tokens).toEqual(carriesTokens.has(procedure) ? ['accessToken', 'refreshToken'] : [])
      }
    })
  }
})
