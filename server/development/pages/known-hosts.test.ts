import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../testing/test-app.js'
import { buildDevelopmentApp } from '../app.js'

const environment = {
  NODE_ENV: 'development',
  PUBLIC_URL: 'https://api.test',
  APP_URL: 'https://app.test:8443/start',
}
const quiet = { LOG_LEVEL: 'silent', DATA_DIR: path.join(tmpdir(), 'without-mail') }
const t = await startTestApp({ build: buildDevelopmentApp, environment: { ...environment, ...quiet } })
const pages = ['/', '/dev/mailbox', '/dev/mailbox.json', '/dev/pages.js', '/verify-email', '/reset-password']

describe('S54: pages for developers', () => {
  it.each(['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test', 'notlocalhost', '192.0.2.1', '[2001:db8::1]:80'])(
    'is not shown for the host %j, which another site can point to this machine',
    async (host) => {
      for (const url of pages) {
        const answer = await t.app.inject({ url, headers: { host } })
        expect([url, answer.statusCode]).toEqual([url, 421])
        expect(answer.json().error).toMatchObject({ code: 'FORBIDDEN', requestId: answer.headers['x-request-id'] })
      }
    },
  )

  it.each([
    'localhost:3000',
    'LOCALHOST',
    'api.localhost',
    '127.0.0.1:3000',
    '127.1.2.3',
    '[::1]:3000',
    'api.test',
    'app.test',
  ])('is shown for the host %s', async (host) => {
    for (const url of pages) expect((await t.app.inject({ url, headers: { host } })).statusCode).toBe(200)
  })

  it('use the host of the request, not a header that a proxy sets', async () => {
    const headers = { host: 'evil.test', 'x-forwarded-host': 'localhost', forwarded: 'host=localhost' }
    expect((await t.app.inject({ url: '/dev/mailbox.json', headers })).statusCode).toBe(421)
  })

  it('do not restrict the API', async () => {
    expect((await t.app.inject({ url: '/api/openapi.json', headers: { host: 'evil.test' } })).statusCode).toBe(200)
  })
})
