import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { docsPage } from '../../core/http/docs/page.js'
import { securityHeaders } from '../../core/http/security-headers.js'
import { homePage } from '../../development/pages/home.js'
import { allowPageParts } from '../../development/pages/html.js'
import { protectedProcedure, publicProcedure, router } from '../../procedures.js'
import { pageConfig } from '../page-config.js'
import { openWatched, startChromium } from './chromium.js'

const notice = z.object({ id: z.uuid(), title: z.string(), publishedAt: z.date().nullable() }).meta({ id: 'Notice' })
const notices = router({
  list: publicProcedure
    .meta({ rest: { method: 'GET', path: '/notices' }, summary: 'List notices' })
    .input(z.strictObject({ limit: z.int().min(1).max(100).default(20) }))
    .output(z.object({ items: z.array(notice), meta: z.object({ limit: z.int(), nextCursor: z.string().nullable() }) }))
    .query(() => ({ items: [], meta: { limit: 20, nextCursor: null } })),
  create: protectedProcedure
    .meta({ rest: { method: 'POST', path: '/notices', status: 201 }, summary: 'Create a notice' })
    .input(z.strictObject({ title: z.string().min(1) }))
    .output(notice)
    .mutation(({ input }) => ({ id: '', title: input.title, publishedAt: null })),
})

let app: FastifyInstance
let browser: Browser
let origin: string

beforeAll(async () => {
  const config = pageConfig({ NODE_ENV: 'development' })
  app = Fastify()
  await securityHeaders(app, config)
  await app.register(docsPage(router({ notices }), config))
  await app.register(async (scope) => {
    allowPageParts(scope)
    await scope.register(homePage(config))
  })
  app.get('/api/notices', () => ({ data: [], meta: { limit: 20, nextCursor: null } }))
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
  browser = await startChromium()
})

afterAll(async () => {
  await browser?.close()
  await app.close()
})

describe.each(['light', 'dark'] as const)('in a browser that prefers %s colours', (colorScheme) => {
  it('S38: the reference sends no request to other servers, and violates no rule of the policy', async () => {
    const { page, requests, errors } = await openWatched(browser, `${origin}/docs`, { colorScheme })
    await page.getByText('List notices').waitFor()
    expect(requests.length).toBeGreaterThan(4)
    expect(requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([])
    expect(errors).toEqual([])
  })

  it('the reference has those colours', async () => {
    const { page } = await openWatched(browser, `${origin}/docs`, { colorScheme })
    expect(await page.locator('html.dark-mode').count()).toBe(colorScheme === 'dark' ? 1 : 0)
  })

  it('S38: the home page sends no request to other servers, and violates no rule of the policy', async () => {
    const { requests, errors } = await openWatched(browser, origin, { colorScheme })
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([`${origin}/`])
    expect(errors).toEqual([])
  })
})

it('the reference shows an operation, and a call from it reaches this server', async () => {
  const { page, requests, errors } = await openWatched(browser, `${origin}/docs`)
  await page.getByText('List notices').click()
  await page.getByRole('button', { name: 'Try it out' }).click()
  await page.getByRole('button', { name: 'Execute' }).click()
  await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
  expect(requests).toContain(`${origin}/api/notices?limit=20`)
  expect(errors).toEqual([])
})

it('the button of a first call copies it', async () => {
  const { page } = await openWatched(browser, origin, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.getByRole('button', { name: 'Copy' }).first().click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const copied = await page.locator('#curl-login').textContent()
  expect(copied).toContain('/api/auth/login')
})

it('the home page fits a phone without scrolling sideways', async () => {
  const { page } = await openWatched(browser, origin, { viewport: { width: 360, height: 740 } })
  const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  expect(overflow).toBe(0)
})
