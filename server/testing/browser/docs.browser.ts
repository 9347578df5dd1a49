import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { docsPage } from '../../core/http/docs/page.js'
import { securityHeaders } from '../../core/http/security-headers.js'
import { demoScriptPath, docsDemo } from '../../development/pages/docs-demo.js'
import { homePage } from '../../development/pages/home.js'
import { allowPageParts } from '../../development/pages/html.js'
import { protectedProcedure, publicProcedure, router } from '../../procedures.js'
import { pageConfig } from '../page-config.js'
import { openWatched, startChromium } from './chromium.js'

const notice = z.object({ id: z.uuid(), title: z.string(), publishedAt: z.date().nullable() }).meta({ id: 'Notice' })
const auth = router({
  login: publicProcedure
    .meta({ rest: { method: 'POST', path: '/auth/login' }, summary: 'Log in' })
    .input(z.strictObject({ email: z.string(), password: z.string() }))
    .output(z.object({ accessToken: z.string() }))
    .mutation(() => ({ accessToken: '' })),
})

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

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

/** The credentials of the requests to create a notice. */
const credentials: (string | undefined)[] = []

let app: FastifyInstance
let browser: Browser
let origin: string

beforeAll(async () => {
  const config = pageConfig({ NODE_ENV: 'development' })
  app = Fastify()
  securityHeaders(app, config)
  await app.register(docsPage(router({ auth, notices }), config, { scripts: [demoScriptPath] }))
  await app.register(async (scope) => {
    allowPageParts(scope)
    await scope.register(homePage(config))
    await scope.register(docsDemo)
  })
  app.post<{ Body: { email: string } }>('/api/auth/login', ({ body: { email } }) => ({
    data: { accessToken: tokenOf(email) },
  }))
  app.post('/api/notices', (request, reply) => {
    credentials.push(request.headers.authorization)
    return reply.code(201).send({ data: {} })
  })
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
    await page.getByRole('heading', { name: 'Quick start' }).waitFor()
    expect(requests.length).toBeGreaterThan(4)
    expect(requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([])
    expect(errors).toEqual([])
  })

  it('the reference has those colours', async () => {
    const { page } = await openWatched(browser, `${origin}/docs`, { colorScheme })
    await page.getByRole('heading', { name: 'Quick start' }).waitFor()
    expect(await page.locator('body.dark-mode').count()).toBe(colorScheme === 'dark' ? 1 : 0)
  })

  it('S38: the home page sends no request to other servers, and violates no rule of the policy', async () => {
    const { requests, errors } = await openWatched(browser, origin, { colorScheme })
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([`${origin}/`])
    expect(errors).toEqual([])
  })
})

/** A token of which a browser can read when it expires. */
function tokenOf(email: string): string {
  return `header.${Buffer.from(JSON.stringify({ exp: Date.now() / 1000 + 900 })).toString('base64url')}.${email}`
}

/** Sends the request of the operation that the page shows, and returns its credential. */
async function sendRequest(page: Page): Promise<string | undefined> {
  credentials.length = 0
  const operation = page.locator('[id$="/POST/notices"]').first()
  await operation.getByRole('button', { name: 'Test Request' }).first().click()
  await page.getByRole('button', { name: /^Send/ }).first().click()
  await expect.poll(() => credentials.length, { timeout: 20_000 }).toBe(1)
  return credentials[0]
}

describe('trying an operation as a demo user', () => {
  const operation = () => `${origin}/docs#tag/notices/POST/notices`

  it('works at the first click, and again after the page was reloaded', async () => {
    const { page, requests, errors } = await openWatched(browser, operation())
    expect(await sendRequest(page)).toMatch(/^Bearer header\..*\.ada@example\.com$/)
    await page.reload({ waitUntil: 'networkidle' })
    expect(await sendRequest(page)).toMatch(/\.ada@example\.com$/)
    expect(requests.filter((url) => url.endsWith('/api/auth/login'))).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('is done by the admin once that user is chosen', async () => {
    const { page } = await openWatched(browser, operation())
    await page.locator('#demo select').selectOption('admin@example.com')
    await page.locator('#demo select option[selected]', { hasText: 'admin' }).waitFor({ state: 'attached' })
    expect(await sendRequest(page)).toMatch(/\.admin@example\.com$/)
  })

  it.each([
    ['TypeScript', "method: 'POST'"],
    ['Requests', 'requests.post('],
    ['Curl', '--request POST'],
  ])('has a sample in %s', async (name, code) => {
    const { page } = await openWatched(browser, operation())
    await page.getByRole('button', { name: 'Shell Curl' }).first().click()
    await page.getByRole('option', { name }).click()
    const sample = page.locator('pre', { hasText: code }).first()
    await sample.waitFor()
    expect(await sample.textContent()).toContain('/api/notices')
  })
})

it('the reference fits a phone without scrolling sideways', async () => {
  const { page } = await openWatched(browser, `${origin}/docs`, { viewport: { width: 390, height: 740 } })
  await page.getByRole('heading', { name: 'Quick start' }).waitFor()
  expect(await page.evaluate(overflow)).toBe(0)
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
  expect(await page.evaluate(overflow)).toBe(0)
})
