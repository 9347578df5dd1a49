import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMailer, type MailMessage } from '../../core/mail/mailer.js'
import { createMailbox } from './mailbox.js'
import { devMailbox } from './routes.js'

let dataDir: string
let app: FastifyInstance

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'mailbox-'))
  app = Fastify()
  await app.register(devMailbox({ dataDir }))
})

afterEach(async () => {
  await app.close()
  await rm(dataDir, { recursive: true })
})

describe('the development mailbox', () => {
  it('returns every sent mail in JSON, newest first, also after a restart', async () => {
    await deliver(messageOf({ id: '1', subject: 'First' }))
    await deliver(messageOf({ id: '2', subject: 'Second' }))
    const mails = (await app.inject('/dev/mailbox.json')).json()
    expect(mails.map(({ subject }: { subject: string }) => subject)).toEqual(['Second', 'First'])
    expect(Object.keys(mails[0]).toSorted()).toEqual(['html', 'id', 'sentAt', 'subject', 'text', 'to'])
    expect(new Date(mails[0].sentAt).toISOString()).toBe(mails[0].sentAt)
  })

  it('is empty at first', async () => {
    expect((await app.inject('/dev/mailbox.json')).json()).toEqual([])
    expect((await app.inject('/dev/mailbox')).body).toContain('Nothing was sent yet')
  })

  it('shows mails with working links, and runs no script in them', async () => {
    const text = 'Go to https://app.example.com/reset-password?token=abc&x=1\n<script>alert(1)</script>'
    await deliver(messageOf({ to: '"><img src=x>@example.com', text, html: '<p onclick="alert(1)">"Hi"</p>' }))
    const { body, headers } = await app.inject('/dev/mailbox')
    const link = 'https://app.example.com/reset-password?token=abc&amp;x=1'
    expect(body).toContain(`<a href="${link}">${link}</a>`)
    for (const markup of ['<script>alert', '<img', '<p onclick']) expect(body).not.toContain(markup)
    expect(body).toContain('<iframe sandbox="allow-popups')
    expect(String(headers['content-security-policy'])).not.toMatch(/script-src[^;]*unsafe/)
  })

  it('is stored in a file that only its owner can read, with the newest 200 mails', async () => {
    const file = path.join(dataDir, 'mailbox.jsonl')
    const entry = JSON.stringify({ ...messageOf({ id: 'old' }), sentAt: new Date().toISOString() })
    await deliver(messageOf({}))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await writeFile(file, `${entry}\n`.repeat(399))
    await deliver(messageOf({ id: 'new' }))
    const mails = (await app.inject('/dev/mailbox.json')).json()
    expect(mails).toHaveLength(200)
    expect(mails[0].id).toBe('new')
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(200)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('skips a line that a killed process left incomplete', async () => {
    await writeFile(path.join(dataDir, 'mailbox.jsonl'), '{"id":"1","to":\n')
    await deliver(messageOf({ id: '2' }))
    expect((await app.inject('/dev/mailbox.json')).json()).toMatchObject([{ id: '2' }])
  })
})

describe('the development pages for links in mails', () => {
  it.each([
    ['/verify-email', '/api/auth/verify-email'],
    ['/reset-password', '/api/auth/password-reset/confirm'],
    ['/accept-invitation', '/api/auth/password-reset/confirm'],
  ])('S23: %s shows a form, which posts to %s', async (page, action) => {
    const { statusCode, body } = await app.inject(`${page}?token=token-of-a-mail`)
    expect(statusCode).toBe(200)
    expect(body).toContain(`data-action="${action.slice(1)}"`)
    expect(body).toContain('<script src="dev/pages.js" defer>')
    expect(body).not.toContain('token-of-a-mail')
    expect((await app.inject('/dev/pages.js')).headers['content-type']).toContain('text/javascript')
  })
})

describe('a mailer without a destination', () => {
  it('fails instead of losing mail', async () => {
    await expect(createMailer([]).send(messageOf({}))).rejects.toThrow('SMTP_URL')
  })
})

function deliver(message: MailMessage): Promise<void> {
  return createMailbox(dataDir).send(message)
}

function messageOf(overrides: Partial<MailMessage>): MailMessage {
  return {
    id: '1',
    to: 'ada@example.com',
    from: 'no-reply@mail.example',
    subject: 'Hello',
    text: 'Hello',
    html: '<p>Hello</p>',
    messageId: '<1@mail.example>',
    ...overrides,
  }
}
