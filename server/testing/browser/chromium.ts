import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the browser; the test project `browser` exists only if it is installed. */
    chromium: string
  }
}

export interface WatchedPage {
  page: Page
  /** The URLs of all requests of the page. */
  requests: string[]
  /** The errors in the console, such as violations of the content security policy. */
  errors: string[]
}

/** Starts the system's Chromium without its own background requests. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: inject('chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Opens an address in a new profile, and records its requests and errors. */
export async function openWatched(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options })).newPage()
  const requests: string[] = []
  const errors: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url, { waitUntil: 'networkidle' })
  return { page, requests, errors }
}
