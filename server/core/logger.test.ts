import { describe, expect, it } from 'vitest'
import { createLogger } from './logger.js'

function logged(fields: object): string {
  let text = ''
  const log = createLogger({ mode: 'production', logLevel: 'info' }, { write: (line) => void (text += line) })
  log.info(fields, 'message')
  return text
}

describe('S39: logs', () => {
  it.each(['password', 'newPassword', 'token', 'refreshToken', 'authorization', 'cookie', 'passwordHash'])(
    'contain no %s, at any depth',
    (name) => {
      const secret = { [name]: 'hush' }
      const places = [
        secret,
        { body: secret },
        { err: { input: secret } },
        { err: Object.assign(new Error('x'), secret) },
      ]
      for (const fields of places) {
        expect(logged(fields)).not.toContain('hush')
        expect(logged(fields)).toContain('[redacted]')
      }
    },
  )

  it('are JSON, with times, and with the stacks and causes of errors', () => {
    const err = new Error('outer', { cause: new Error('inner') })
    const line = JSON.parse(logged({ at: new Date(0), ids: [1, 2], err }))
    expect(line).toMatchObject({ at: '1970-01-01T00:00:00.000Z', ids: [1, 2], msg: 'message', err: { type: 'Error' } })
    expect(line.err.stack).toContain('inner')
  })

  it('support circular references', () => {
    const loop: Record<string, unknown> = { name: 'loop' }
    loop.self = loop
    expect(logged({ loop })).toContain('[too deep]')
  })
})
