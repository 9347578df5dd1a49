import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { readEnvironment } from '../../config.js'
import type { Stage } from './stage.js'

export interface Credentials {
  email: string
  password: string
}

/** Someone with a browser of their own. */
export interface Person {
  page: Page
  /** Opens another tab of the same browser. */
  openTab(address: string): Promise<Page>
  /** The errors in the console of all tabs, without those that a refused or failed request causes. */
  errors: string[]
  /** The requests that were refused or that failed, which the console reports too. */
  failures: string[]
  close(): Promise<void>
}

export async function arrive(browser: Browser, { app }: Stage, options: BrowserContextOptions = {}): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, baseURL: app, ...options })
  const errors: string[] = []
  const failures: string[] = []
  const openTab = async (address: string) => {
    const page = await context.newPage()
    page.on('dialog', (dialog) => void dialog.accept())
    page.on('pageerror', (error) => errors.push(`${error.message} ${page.url()}`))
    page.on('console', (message) => {
      if (message.type() !== 'error') return
      const list = message.text().startsWith('Failed to load resource') ? failures : errors
      list.push(`${message.text()} ${message.location().url}`)
    })
    await page.goto(address)
    return page
  }
  const page = await openTab('/')
  return { page, openTab, errors, failures, close: () => context.close() }
}

export async function signIn(page: Page, credentials: Credentials): Promise<void> {
  await page.goto('/sign-in')
  await fillIn(page, credentials)
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

/** Fills in the form of sign-in on the page that is open, and sends it. */
export async function fillIn(page: Page, { email, password }: Credentials): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Waits until something is on the page, and fails if it does not come. */
export async function expectShown(locator: Locator): Promise<void> {
  await locator.waitFor()
}

/** Follows the link of the newest mail to an address, as it stands in the mailbox of the development server. */
export async function followMail(page: Page, { api, app }: Stage, { to, subject }: { to: string; subject: string }) {
  const mail = page
    .getByRole('article', { name: subject })
    .filter({ hasText: `to ${to}` })
    .first()
  await expect
    .poll(async () => {
      await page.goto(`${api}/dev/mailbox`)
      return mail.count()
    })
    .toBe(1)
  await expectAccessible(page)
  await mail.getByRole('link').first().click()
  await page.waitForURL(`${app}/**`)
}

/** Expects that a page has no fault that axe finds serious or critical, in light and dark and on a phone, which it fits. */
export async function expectAccessible(page: Page): Promise<void> {
  const size = page.viewportSize() ?? { width: 1200, height: 900 }
  await page.evaluate(axe.source)
  for (const viewport of [size, { width: 390, height: 844 }]) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await page.evaluate(findFaults), `${page.url()}, ${viewport.width} px, ${colorScheme}`).toEqual([])
    }
    const excess = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(excess, `the width of ${page.url()} at ${viewport.width} px`).toBe(0)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(size)
}

/** Keeps what the page shows, if somebody asks for it: SCREENSHOTS=folder. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  const folder = readEnvironment().SCREENSHOTS
  if (!folder) return
  await mkdir(folder, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}.png`) })
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

const findFaults = `axe.run().then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`
