import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../testing/test-app.js'
import { createCallLimit } from './call-limit.js'

const t = await startTestApp({ environment: { DATABASE_POOL_MAX: '4' } })

/** Work that goes on until it is ended. */
function held() {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { work: () => ended, end }
}

const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'OK',
    (error) => error.code,
  )

describe('S66: calls under way', () => {
  it('are limited for each network, and not for others', async () => {
    const { run } = createCallLimit(2)
    const { work, end } = held()
    const calls = ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'].map((ip) => outcomeOf(run(ip, 1, work)))
    expect(await calls[2]).toBe('SERVICE_UNAVAILABLE')
    end()
    expect(await Promise.all(calls)).toEqual(['OK', 'OK', 'SERVICE_UNAVAILABLE', 'OK'])
    expect(await outcomeOf(run('192.0.2.1', 2, async () => {}))).toBe('OK')
  })

  it('count as those of an IPv6 network, whose client chooses the rest of its address', async () => {
    const { run } = createCallLimit(1)
    const { work, end } = held()
    const first = run('2001:db8::1', 1, work)
    expect(await outcomeOf(run('2001:db8::2', 1, work))).toBe('SERVICE_UNAVAILABLE')
    end()
    await first
  })

  it('of a batch are admitted together, also if the batch alone exceeds the limit', async () => {
    const { run } = createCallLimit(3)
    const { work, end } = held()
    const batch = run('192.0.2.1', 10, work)
    expect(await outcomeOf(run('192.0.2.1', 1, work))).toBe('SERVICE_UNAVAILABLE')
    end()
    await batch
    expect(await outcomeOf(run('192.0.2.1', 3, async () => {}))).toBe('OK')
  })

  it('end with an error too', async () => {
    const { run } = createCallLimit(1)
    const fail = () => Promise.reject(Object.assign(new Error('of the work'), { code: 'FAILED' }))
    expect(await outcomeOf(run('192.0.2.1', 1, fail))).toBe('FAILED')
    expect(await outcomeOf(run('192.0.2.1', 1, async () => {}))).toBe('OK')
  })

  it('are rejected with 503 over both transports, while others are served', async () => {
    const url = `/trpc/${Array(10).fill('users.me').join(',')}?batch=1&input=%7B%7D`
    const send = (path: string, remoteAddress: string) => t.app.inject({ url: path, remoteAddress })
    const ofOne = Array.from({ length: 8 }, () => [send(url, '192.0.2.1'), send('/api/users/me', '192.0.2.1')])
    const ofAnother = send('/api/users/me', '192.0.2.2')
    const answers = await Promise.all(ofOne.flat())
    expect(answers.filter(({ statusCode }) => statusCode === 401).length).toBeGreaterThan(0)
    const refused = answers.filter(({ statusCode }) => statusCode === 503)
    expect(refused.length).toBeGreaterThan(5)
    for (const { headers, body } of refused) {
      expect(headers['retry-after']).toBe('1')
      expect(body).toContain('SERVICE_UNAVAILABLE')
    }
    expect((await ofAnother).statusCode).toBe(401)
  })
})
