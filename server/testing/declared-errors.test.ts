import { describe, expect, it } from 'vitest'
import { failIfUnprovoked, readOutcomes, undeclared } from './declared-errors.js'

const line = (procedure: string, code: string) =>
  `procedure_duration_seconds_count{procedure="${procedure}",code="${code}"} 3\n`

describe('declared errors', () => {
  it('are read from the metrics, without successes and without routers of tests', () => {
    const metrics = line('users.get', 'OK') + line('users.get', 'NOT_FOUND') + line('notes.get', 'NOT_FOUND')
    expect(readOutcomes(metrics)).toEqual(['users.get NOT_FOUND'])
  })

  it('include what access, limits and input imply, and nothing that no declaration allows', () => {
    const declared = ['users.update EMAIL_TAKEN', 'users.update VERSION_MISMATCH', 'users.update RATE_LIMITED'] as const
    expect(undeclared([...declared, 'users.get EMAIL_TAKEN'])).toEqual(['users.get EMAIL_TAKEN'])
    expect(undeclared(['auth.login UNAUTHORIZED', 'users.me NOT_FOUND'])).toHaveLength(2)
  })

  it('fail the suite if no test provokes them', () => {
    expect(() => failIfUnprovoked('')).toThrow(/No test provokes these errors.*users\.create EMAIL_TAKEN/)
  })
})
