import { describe, expect, it } from 'vitest'
import { createLogger, type ReportedError } from './logger.js'

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

describe('reporting of errors', () => {
  const write = (lines: string[]) => ({ write: (line: string) => void lines.push(line) })

  it('passes on each error once, with its place, and neither secrets nor whose request it was', () => {
    const reported: ReportedError[] = []
    const lines: string[] = []
    const log = createLogger({ mode: 'production', logLevel: 'info' }, write(lines), (error) => reported.push(error))
    const own = log.child({ requestId: 'r-1', actorId: 'someone', traceId: 't-1' })
    const err = Object.assign(new Error('It failed.', { cause: new Error('inner') }), { token: 'hush' })
    own.error({ err, procedure: 'notes.get', ip: '192.0.2.1' }, 'procedure failed')
    own.error('without an error')
    own.warn({ err }, 'expected')
    expect(lines).toHaveLength(3)
    expect(reported).toEqual([
      {
        message: 'procedure failed',
        err: expect.objectContaining({ type: 'Error', stack: expect.stringContaining('inner'), token: '[redacted]' }),
        context: { requestId: 'r-1', traceId: 't-1', procedure: 'notes.get' },
      },
    ])
  })

  it('goes on after a report that fails', () => {
    const lines: string[] = []
    const log = createLogger({ mode: 'production', logLevel: 'info' }, write(lines), () => {
      throw new Error('The service is away.')
    })
    log.error({ err: new Error('It failed.') }, 'request failed')
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['request failed', 'an error could not be reported'])
  })
})
