import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { pageConfig } from '../../testing/page-config.js'
import { readManifest } from '../manifest.js'
import { countRateLimited, recordProcedure } from '../metrics.js'
import { metrics } from './metrics.js'

const occupancy = {
  database: { used: 3, idle: 1, max: 10, waiting: 7 },
  passwords: { running: 1, waiting: 4 },
  jobs: { waiting: 5, running: 2, failed: 6, oldestWaitingSeconds: 1.5 },
}
const token = 'scraper-token-0123456789'

let isDatabaseAway = false

async function appWith(environment: Record<string, string>) {
  const app = Fastify()
  await app.register(
    metrics(pageConfig(environment), async () => ({ ...occupancy, jobs: isDatabaseAway ? undefined : occupancy.jobs })),
  )
  app.get('/things/:id', () => ({}))
  return app
}

async function scrape(environment: Record<string, string>, authorization?: string, remoteAddress = '127.0.0.1') {
  const app = await appWith(environment)
  const headers = authorization === undefined ? {} : { authorization }
  const { statusCode, body, headers: answered } = await app.inject({ url: '/metrics', headers, remoteAddress })
  await app.close()
  return { statusCode, body, type: answered['content-type'] }
}

const production = { NODE_ENV: 'production' }

describe('metrics', () => {
  it('reports on the process, in the text format of Prometheus', async () => {
    const { statusCode, body, type } = await scrape({})
    expect(statusCode).toBe(200)
    expect(type).toContain('text/plain')
    expect(body).toContain('# TYPE process_cpu_seconds_total counter')
    expect(body).toContain('nodejs_eventloop_lag_seconds')
  })

  it('measures requests by method, route pattern and status, without URLs', async () => {
    const app = await appWith({})
    await app.inject('/things/hidden?secret=value')
    await app.inject({ method: 'POST', url: '/unheard-of/page' })
    const { body } = await app.inject('/metrics')
    expect(body).toContain('http_request_duration_seconds_count{method="GET",route="/things/:id",status="200"} 1')
    expect(body).toContain('http_request_duration_seconds_count{method="POST",route="unmatched",status="404"} ')
    expect(body).not.toMatch(/hidden|secret|unheard/)
    await app.close()
  })

  it('measures procedures by name and result', async () => {
    recordProcedure('widgets.get', 'OK', 0.004)
    recordProcedure('widgets.get', 'NOT_FOUND', 0.002)
    const { body } = await scrape({})
    expect(body).toContain('procedure_duration_seconds_count{procedure="widgets.get",code="OK"} 1')
    expect(body).toContain('procedure_duration_seconds_bucket{le="0.0025",procedure="widgets.get",code="NOT_FOUND"} 1')
  })

  it('says what the process is occupied with, and which version it is', async () => {
    const { body } = await scrape({})
    expect(body).toContain('database_connections{state="used"} 3')
    expect(body).toContain('database_connections{state="idle"} 1')
    expect(body).toContain('database_connections_max 10')
    expect(body).toContain('database_connections_waiting 7')
    expect(body).toContain('password_hashes{state="running"} 1')
    expect(body).toContain('password_hashes{state="waiting"} 4')
    expect(body).toContain('jobs{state="waiting"} 5')
    expect(body).toContain('jobs{state="failed"} 6')
    expect(body).toContain('jobs_oldest_waiting_seconds 1.5')
    expect(body).toContain(`app_info{version="${readManifest().version}"} 1`)
  })

  it('says nothing of jobs while the database cannot tell', async () => {
    isDatabaseAway = true
    const { statusCode, body } = await scrape({})
    isDatabaseAway = false
    expect(statusCode).toBe(200)
    expect(body).not.toMatch(/^jobs/m)
  })

  it('counts refusals of limits by the name of the limit', async () => {
    countRateLimited('widgets')
    countRateLimited('widgets')
    expect((await scrape({})).body).toContain('rate_limit_refusals_total{limit="widgets"} 2')
  })

  it('S38: does not exist in production without a token in the settings', async () => {
    expect((await scrape(production)).statusCode).toBe(404)
    expect((await scrape(production, 'Bearer undefined')).statusCode).toBe(404)
  })

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('is available to %s in development', async (address) => {
    expect((await scrape({ NODE_ENV: 'development' }, undefined, address)).statusCode).toBe(200)
  })

  it('S38: does not exist for other machines in development', async () => {
    expect((await scrape({ NODE_ENV: 'development' }, undefined, '192.0.2.7')).statusCode).toBe(404)
  })

  it.each([undefined, '', 'Bearer ', `Bearer ${token}x`, token, `Basic ${token}`])(
    'S38: rejects a wrong credential: %s',
    async (authorization) => {
      const { statusCode, body } = await scrape({ ...production, METRICS_TOKEN: token }, authorization)
      expect(statusCode).toBe(401)
      expect(body).not.toContain('process_cpu')
    },
  )

  it('S38: requires the token of the settings', async () => {
    const { statusCode, body } = await scrape({ ...production, METRICS_TOKEN: token }, `Bearer ${token}`)
    expect(statusCode).toBe(200)
    expect(body).toContain('process_cpu_seconds_total')
  })
})
