import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { healthRoutes, type Readiness } from './health.js'

const works = async () => {}
const fails = () => Promise.reject(new Error('password authentication failed for user "app"'))
const hangs = () => new Promise<void>(() => {})

async function get(url: string, checks: Readiness['checks'], isDraining = false) {
  const app = Fastify()
  await app.register(healthRoutes({ checks, isDraining: () => isDraining }))
  const answer = await app.inject(url)
  await app.close()
  return { status: answer.statusCode, body: answer.json(), text: answer.body }
}

describe('health', () => {
  it('is alive while the process runs, whatever else fails', async () => {
    expect(await get('/livez', { database: fails }, true)).toMatchObject({ status: 200, body: { status: 'alive' } })
  })

  it('is ready when every check passes', async () => {
    const { status, body } = await get('/readyz', { database: works, migrations: works })
    expect(status).toBe(200)
    expect(body).toEqual({ status: 'ready', checks: { database: 'ok', migrations: 'ok' } })
  })

  it('names the failing check, without the reason', async () => {
    const { status, body, text } = await get('/readyz', { database: fails, migrations: works })
    expect(status).toBe(503)
    expect(body).toEqual({ status: 'unready', checks: { database: 'failing', migrations: 'ok' } })
    expect(text).not.toContain('password')
  })

  it('treats a check that throws synchronously as failed', async () => {
    const throws = () => {
      throw new Error('no pool')
    }
    expect((await get('/readyz', { database: throws })).status).toBe(503)
  })

  it('gives checks one second, all at the same time', async () => {
    const startedAt = performance.now()
    const { status, body } = await get('/readyz', { database: hangs, queue: hangs })
    expect(status).toBe(503)
    expect(body.checks).toEqual({ database: 'failing', queue: 'failing' })
    expect(performance.now() - startedAt).toBeLessThan(1900)
  })

  it('S41: is not ready during a shutdown, without running any check', async () => {
    const startedAt = performance.now()
    expect(await get('/readyz', { database: hangs }, true)).toMatchObject({ status: 503, body: { status: 'draining' } })
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})
