import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChromium } from '../browser/chromium.js'
import {
  arrive,
  expectAccessible,
  expectShown,
  fillIn,
  followMail,
  type Person,
  signIn,
  takeScreenshot,
} from './person.js'
import { type Stage, startStage } from './stage.js'

// One journey in one file: each step continues where the previous ones have left the pages and the data.
const demoAdmin = { email: 'admin@example.com', password: 'demo-admin-passphrase' }
const grace = { email: 'grace@example.com', password: 'a slow walk by the river' }
const ben = { email: 'ben@example.com', password: 'seven grey geese in a row' }
const words = 'The lighthouse keeper'

let stage: Stage
let browser: Browser
let visitor: Person
let admin: Person
let invited: Person
let page: Page

beforeAll(async () => {
  ;[stage, browser] = await Promise.all([startStage(), startChromium()])
  visitor = await arrive(browser, stage)
  page = visitor.page
})
afterAll(async () => {
  await browser?.close()
  await stage?.close()
})

describe('someone new', () => {
  it('sees each fault of a form at its field', async () => {
    await page.getByRole('link', { name: 'Sign up' }).click()
    await page.getByLabel('Name').fill('Grace Nakamura')
    await page.getByLabel('Email address').fill('grace at example')
    await page.getByRole('button', { name: 'Sign up' }).click()
    await expectFault('Email address', 'Must be an e-mail address, such as ada@example.com.')
    await expectFault('Password', 'Fill this in.')
    expect(await page.locator(':focus').getAttribute('name')).toBe('email')
    await expectAccessible(page)
  })

  it('learns from the server what the browser does not know', async () => {
    await page.getByLabel('Email address').fill(grace.email)
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', { name: 'Sign up' }).click()
    await expectFault('Password', 'Use at least 15 characters.')
  })

  it('signs up, confirms the address from the mailbox, and signs in', async () => {
    await page.getByLabel('Password').fill(grace.password)
    await page.getByRole('button', { name: 'Sign up' }).click()
    await expectShown(page.getByText('A link is on its way'))
    await expectAccessible(page)
    await followMail(page, stage, { to: grace.email, subject: 'Verify your address' })
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Confirm' }).click()
    await expectShown(page.getByText('Done. Now sign in.'))
    await expectAccessible(page)
    await page.getByRole('link', { name: 'Done. Now sign in.' }).click()
    await expectShown(page.getByRole('heading', { name: 'Sign in' }))
    await expectAccessible(page)
    await signIn(page, grace)
    await expectShown(page.getByRole('link', { name: 'Grace Nakamura' }))
  })
})

describe('an author', () => {
  it('writes a post, which opens', async () => {
    await page.getByRole('link', { name: 'Write' }).click()
    await expectShown(page.getByRole('heading', { name: 'Write' }))
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expectFault('Title', 'Fill this in.')
    await page.getByLabel('Title').fill(words)
    await page.getByLabel('Text').fill('The lamp is lit at dusk.\n\nNobody has missed it for forty years.')
    await page.getByLabel('Who can read it').selectOption('Everyone')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expectShown(page.getByRole('heading', { level: 1, name: words }))
    await expectAccessible(page)
  })

  it('loses no text when two tabs save the same post', async () => {
    const other = await visitor.openTab(page.url())
    for (const tab of [page, other]) {
      await tab.getByRole('link', { name: 'Edit' }).click()
      await expectShown(tab.getByRole('heading', { name: 'Edit' }))
    }
    await other.getByLabel('Text').fill('The lamp is lit at dusk.\n\nThe boat comes on Fridays, if the sea allows.')
    await other.getByRole('button', { name: 'Save', exact: true }).click()
    await expectShown(other.getByText('The boat comes on Fridays'))
    await page.getByLabel('Text').fill('The lamp is lit at dusk.\n\nNobody has missed it for fifty years.')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const conflict = page.getByRole('region', { name: 'Someone saved this post' })
    await expect.poll(() => conflict.locator('mark').allTextContents()).toEqual([expect.stringMatching(/^The boat/)])
    expect(await page.locator(':focus').textContent()).toMatch(/^Someone saved this post/)
    expect(await page.getByLabel('Text').inputValue()).toMatch(/fifty years\.$/)
    await expectAccessible(page)
    await takeScreenshot(page, 'conflict')
    const both = [page.getByLabel('Text').inputValue(), conflict.locator('mark').innerText()]
    await page.getByLabel('Text').fill((await Promise.all(both)).join('\n\n'))
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expectShown(page.getByRole('heading', { level: 1, name: words }))
    await expectShown(page.getByText('fifty years'))
    await expectShown(page.getByText('The boat comes on Fridays'))
    await other.close()
  })
})

describe('a reader', () => {
  it('gets the first posts with the HTML', async () => {
    const html = await (await fetch(stage.app)).text()
    expect(html.match(/<article/g)).toHaveLength(20)
    expect(html).toContain(words)
  })

  it('scrolls on without an end in sight', async () => {
    await page.goto('/')
    const posts = page.getByRole('article')
    await expect.poll(() => posts.count()).toBe(20)
    await takeScreenshot(page, 'posts')
    await expect.poll(async () => (await page.mouse.wheel(0, 5000), posts.count())).toBeGreaterThan(90)
    await expectAccessible(page)
  })

  it('finds a post, and again after a reload', async () => {
    await page.goto('/')
    await search(page, 'lighthouse')
    await expect.poll(() => page.getByRole('article').count()).toBe(1)
    await page.reload()
    await expectShown(page.getByRole('link', { name: words }))
    expect(await page.getByRole('article').count()).toBe(1)
    await search(page, 'nothing of the kind')
    await expectShown(page.getByText('Nothing is written here yet.'))
    await expectAccessible(page)
  })

  it('finds other posts of an author, which the page reads in its own process', async () => {
    await page.goto('/')
    const address = await page.getByRole('article').nth(1).getByRole('link').getAttribute('href')
    const html = await (await fetch(stage.app + address)).text()
    expect(html).toMatch(/>Also by [\w ]+</)
    await page.goto(address ?? '')
    const others = page.getByRole('region', { name: 'Also by' }).getByRole('link')
    expect(await others.count()).toBe(3)
    await expectAccessible(page)
    const title = (await others.first().textContent()) ?? ''
    await others.first().click()
    await expectShown(page.getByRole('heading', { level: 1, name: title, exact: true }))
  })

  it('is told what does not exist', async () => {
    await page.goto('/posts/none')
    await expectShown(page.getByRole('heading', { name: 'Not here' }))
    await expectAccessible(page)
    // The short password, the post that the other tab had changed, and this.
    expect(statusesOf(visitor)).toEqual(['400', '412', '404'])
  })
})

describe('an account', () => {
  it('is sent to sign in, and back to the page that it wanted', async () => {
    const someone = await arrive(browser, stage)
    await someone.page.goto('/account')
    await fillIn(someone.page, grace)
    await expectShown(someone.page.getByRole('heading', { name: 'Your account' }))
    await page.goto('/account')
    const sessions = page.getByRole('region', { name: 'Sessions' })
    await expect.poll(() => sessions.getByRole('listitem').count()).toBe(2)
    await expectAccessible(page)
    await sessions.getByRole('button', { name: /^End Chrome/ }).click()
    await expectShown(someone.page.getByText('You have been signed out.'))
    await expectAccessible(someone.page)
    expect(someone.errors).toEqual([])
    await someone.close()
  })

  it('is told of a wrong password, and stays on this site whatever a link to the page of sign-in says', async () => {
    const someone = await arrive(browser, stage)
    await someone.page.goto('/sign-in?next=/%09/example.org/')
    await fillIn(someone.page, { ...grace, password: 'not the right words' })
    await expectShown(someone.page.getByRole('main').getByRole('alert'))
    await expectAccessible(someone.page)
    for (const next of ['/%09/example.org/', '//example.org', '/.//example.org', 'https:example.org', 'http://[']) {
      await someone.page.goto(`/sign-in?next=${next}`)
      await fillIn(someone.page, grace)
      await someone.page.waitForURL((url) => url.pathname !== '/sign-in')
      expect(new URL(someone.page.url()).origin).toBe(stage.app)
      await expectShown(someone.page.getByRole('button', { name: 'Sign out' }))
    }
    await someone.close()
  })

  it('gets another name and another address', async () => {
    const name = page.getByRole('region', { name: 'Name', exact: true })
    await name.getByLabel('Name').fill('Grace N.')
    await name.getByRole('button').click()
    await expectShown(page.getByRole('link', { name: 'Grace N.' }))
    const address = page.getByRole('region', { name: 'Email address' })
    await address.getByLabel('New email address').fill('g.nakamura@example.com')
    await address.getByLabel('Password').fill(grace.password)
    await address.getByRole('button').click()
    await expectShown(page.getByText('A link is on its way to the new address.'))
    grace.email = 'g.nakamura@example.com'
    await followMail(page, stage, { to: grace.email, subject: 'Confirm your new address' })
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Confirm' }).click()
    await expectShown(page.getByText('Done. Now sign in.'))
  })

  it('changes its password', async () => {
    await page.goto('/account')
    const password = page.getByRole('region', { name: 'Password' })
    await password.getByLabel('Current password').fill(grace.password)
    await password.getByLabel('New password').fill('a brisk walk up the hill')
    await password.getByRole('button').click()
    await expectShown(page.getByText('Your password is changed'))
  })

  it('signs out in all tabs at once', async () => {
    const other = await visitor.openTab('/account')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expectShown(other.getByText('You have been signed out.'))
    await expectShown(page.getByRole('link', { name: 'Sign up' }))
    await other.close()
    visitor.failures.length = 0
  })

  it('chooses a new password with a mailed link', async () => {
    await page.goto('/sign-in')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await expectShown(page.getByRole('heading', { name: 'Forgot your password?' }))
    await page.getByLabel('Email address').fill(grace.email)
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await expectShown(page.getByText('a link is on its way there'))
    await expectAccessible(page)
    await followMail(page, stage, { to: grace.email, subject: 'Reset your password' })
    await expectAccessible(page)
    await page.getByLabel('New password').fill(grace.password)
    await page.getByRole('button', { name: 'Save the password' }).click()
    await expectShown(page.getByText('Done. Now sign in.'))
    await signIn(page, grace)
  })
})

describe('an administrator', () => {
  it('invites someone, who chooses a password and signs in', async () => {
    admin = await arrive(browser, stage)
    await signIn(admin.page, demoAdmin)
    await admin.page.getByRole('link', { name: 'Users' }).click()
    const invite = admin.page.getByRole('region', { name: 'Invite someone' })
    await invite.getByLabel('Name').fill('Ben Achterberg')
    await invite.getByLabel('Email address').fill(ben.email)
    await invite.getByRole('button', { name: 'Invite' }).click()
    await expectShown(admin.page.getByText('A link to choose a password is on its way.'))
    invited = await arrive(browser, stage)
    await followMail(invited.page, stage, { to: ben.email, subject: 'You are invited' })
    await expectAccessible(invited.page)
    await invited.page.getByLabel('New password').fill(ben.password)
    await invited.page.getByRole('button', { name: 'Save the password' }).click()
    await expectShown(invited.page.getByText('Done. Now sign in.'))
    await signIn(invited.page, ben)
  })

  it('filters users, and turns pages', async () => {
    await admin.page.goto('/admin/users')
    expect(await rowsOf(admin.page).count()).toBe(20)
    await expectAccessible(admin.page)
    await admin.page.setViewportSize({ width: 390, height: 844 })
    await takeScreenshot(admin.page, 'users')
    await admin.page.getByRole('link', { name: 'Next' }).click()
    await expectShown(admin.page.getByText('Page 2 of 2'))
    await admin.page.getByLabel('Status').first().selectOption('Disabled')
    await admin.page.getByRole('button', { name: 'Search' }).click()
    await expectShown(admin.page.getByText('Page 1 of 1, 2 in all'))
    await admin.page.goto('/admin/users?q=ben@')
    await expect.poll(() => rowsOf(admin.page).count()).toBe(1)
  })

  it('disables someone, whose open page shows it within seconds', async () => {
    await invited.page.goto('/posts/new')
    await invited.page.getByLabel('Text').fill('Half a thought')
    const since = Date.now()
    await admin.page.getByRole('button', { name: 'Disable Ben Achterberg' }).click()
    await invited.page.getByText('You have been signed out.').waitFor({ timeout: 12_000 })
    expect(Date.now() - since).toBeLessThan(12_000)
    expect(await invited.page.getByLabel('Text').inputValue()).toBe('Half a thought')
    await expectShown(rowsOf(admin.page).getByText('Disabled'))
  })

  it('enables, deletes and restores someone', async () => {
    await admin.page.getByRole('button', { name: 'Enable Ben Achterberg' }).click()
    await expectShown(rowsOf(admin.page).getByText('Active'))
    await admin.page.getByRole('button', { name: 'Delete Ben Achterberg' }).click()
    await expectShown(admin.page.getByText('0 in all'))
    await admin.page.goto('/admin/users?q=ben@&status=deleted')
    await admin.page.getByRole('button', { name: 'Restore Ben Achterberg' }).click()
    await expectShown(admin.page.getByText('0 in all'))
  })

  it('reads in the audit trail what has happened to someone', async () => {
    await admin.page.goto('/admin/users?q=ben@')
    await admin.page.getByRole('link', { name: 'Events of Ben Achterberg' }).click()
    await expectShown(admin.page.getByText('user.restored'))
    await expectAccessible(admin.page)
    await admin.page.getByLabel('Kind').selectOption('Disabled')
    await admin.page.getByRole('button', { name: 'Search' }).click()
    await expect.poll(() => admin.page.getByRole('main').getByRole('listitem').count()).toBe(1)
  })

  it('is nobody else', async () => {
    await page.goto('/admin/users')
    await expectShown(page.getByText('You do not have permission'))
    await expectAccessible(page)
    expect(statusesOf(visitor)).toContain('403')
    expect(statusesOf(admin)).toEqual([])
    await admin.close()
  })
})

describe('a page whose server is killed', () => {
  it('says so, keeps what it shows and what is written, and goes on when the server is back', async () => {
    await page.goto('/posts/new')
    await page.getByLabel('Title').fill('Written in the dark')
    await page.getByLabel('Text').fill('The light went out, and came back.')
    const reader = await visitor.openTab('/')
    const stranger = await arrive(browser, stage)
    const address = await stranger.page.getByRole('article').first().getByRole('link').getAttribute('href')
    await stage.killServer()
    await expectShown(page.getByText('The server does not answer.', { exact: false }).first())
    await expectAccessible(page)
    await stranger.page.goto(address ?? '')
    await expectShown(stranger.page.getByRole('heading', { name: 'That did not work' }))
    await expectAccessible(stranger.page)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expectShown(page.getByText('Your text is still here'))
    expect(await reader.getByRole('article').count()).toBe(20)
    await stage.startServer()
    await stranger.page.getByRole('button', { name: 'Try again' }).click()
    await expectShown(stranger.page.getByRole('article'))
    await stranger.close()
    await page.getByText('This page goes on when it is back.').waitFor({ state: 'detached', timeout: 20_000 })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expectShown(page.getByRole('heading', { level: 1, name: 'Written in the dark' }))
    await search(reader, 'lighthouse')
    await expectShown(reader.getByRole('link', { name: words }))
    visitor.failures.length = 0
  })
})

describe('someone who leaves', () => {
  it('deletes the post and the account', async () => {
    await page.getByRole('button', { name: 'Delete' }).click()
    await expectShown(page.getByRole('heading', { name: 'Posts' }))
    await page.goto('/account')
    const removal = page.getByRole('region', { name: 'Delete the account' })
    await removal.getByLabel('Password').fill(grace.password)
    await removal.getByRole('button').click()
    await expectShown(page.getByRole('link', { name: 'Sign up' }))
  })

  it('has seen no error in the console, and no failed request beyond those that were provoked', () => {
    expect([visitor, admin, invited].flatMap(({ errors }) => errors)).toEqual([])
    expect(visitor.failures).toEqual([])
  })
})

const rowsOf = (tab: Page) => tab.getByRole('row').filter({ has: tab.getByRole('button') })

/** The statuses of the failed requests since the last call. */
function statusesOf({ failures }: Person): (string | undefined)[] {
  return failures.splice(0).map((text) => /status of (\d+)/.exec(text)?.[1])
}

async function search(tab: Page, text: string): Promise<void> {
  await tab.getByLabel('Search posts').fill(text)
  await tab.getByLabel('Search posts').press('Enter')
}

async function expectFault(label: string, message: string): Promise<void> {
  const field = page.getByLabel(label)
  const readNote = async () => {
    const id = await field.getAttribute('aria-describedby')
    return (await field.getAttribute('aria-invalid')) === 'true' && page.locator(`[id="${id}"]`).textContent()
  }
  await expect.poll(readNote).toBe(message)
}
