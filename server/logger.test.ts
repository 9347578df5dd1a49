import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { redaction } from './logger.js'

function logged(fields: object): string {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  pino({ redact: redaction }, sink).info(fields, 'message')
  return text
}

describe('S39: logs', () => {
  it.each(['password', 'newPassword', 'token', 'refreshToken', 'authorization', 'cookie', 'passwordHash'])(
    'carry no %s, however deep it lies',
    (name) => {
      for (const fields of [{ [name]: 'hush' }, { body: { [name]: 'hush' } }, { err: { input: { [name]: 'hush' } } }]) {
        expect(logged(fields)).not.toContain('hush')
        expect(logged(fields)).toContain('[redacted]')
      }
    },
  )
})
