import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createViteServer } from 'vitest/node'
import { createPost } from '../../features/posts/posts.test-support.js'
import { createUser } from '../factories.js'
import { testPassword } from '../secrets.js'
import { createTestApp, type TestApp } from '../test-app.js'
import { openWatched, startChromium } from './chromium.js'

const root = path.join(import.meta.dirname, '../../..')

let vite: Awaited<ReturnType<typeof createViteServer>>
let t: TestApp
let browser: Browser
let api: string
let origin: string

beforeAll(async () => {
  execFileSync('npm', ['run', 'build', '-w', 'client'], { cwd: root, stdio: 'pipe' })
  vite = await createViteServer({
    configFile: false,
    root: path.join(root, 'examples/vite'),
    cacheDir: path.join(tmpdir(), `vite-${process.pid}`),
    logLevel: 'error',
    server: { host: 'localhost', port: 5199, watch: null },
  })
  await vite.listen()
  origin = new URL(vite.resolvedUrls?.local[0] ?? '').origin
  t = await createTestApp({ environment: { CORS_ORIGINS: origin } })
  const { port } = new URL(await t.app.listen({ host: 'localhost', port: 0 }))
  api = `http://localhost:${port}`
  browser = await startChromium()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await Promise.all([vite?.close(), t?.close()])
})

it('the example with Vite lists posts page by page, and shows drafts from login to logout', async () => {
  const ada = await createUser(t, { name: 'Ada' })
  for (let count = 1; count <= 12; count += 1) await createPost(t, ada, { title: `Post ${count}`, status: 'published' })
  await createPost(t, ada, { title: 'An unfinished one', status: 'draft' })
  const { page, errors } = await openWatched(browser, 'about:blank')
  await reachServer(page)
  await page.goto(origin)
  await page.getByRole('article').nth(9).waitFor()
  expect(await page.getByRole('article').count()).toBe(10)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('article').nth(11).waitFor()
  await logIn(page, { email: ada.email, password: 'not the right words' })
  await page.getByRole('alert').filter({ hasText: 'password' }).waitFor()
  await logIn(page, { email: ada.email, password: testPassword })
  await page.getByText('An unfinished one').waitFor()
  await page.reload()
  await page.getByText('An unfinished one').waitFor()
  await page.getByRole('button', { name: 'Log out Ada' }).click()
  await page.getByText('An unfinished one').waitFor({ state: 'detached' })
  // The wrong password.
  expect(errors).toEqual([expect.stringContaining('401')])
})

/** The example calls the port 3000, on which the server of a test does not listen. */
async function reachServer(page: Page): Promise<void> {
  await page.route('http://localhost:3000/**', async (route) => {
    await route.continue({ url: route.request().url().replace('http://localhost:3000', api) })
  })
}

async function logIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}
