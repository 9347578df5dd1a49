import { describe, expect, it } from 'vitest'
import type { AccountMail } from './mail-templates.js'
import { renderMail } from './mail-templates.js'

const appUrl = 'https://app.example.com'
const userId = '01900000-0000-7000-8000-000000000001'

const mails = (name: string): AccountMail[] => [
  { template: 'verification', to: 'a@b.example', params: { registrationId: userId, name } },
  { template: 'account-exists', to: 'a@b.example', params: { name } },
  { template: 'invitation', to: 'a@b.example', params: { userId, name } },
  { template: 'password-reset', to: 'a@b.example', params: { userId, name } },
  { template: 'password-changed', to: 'a@b.example', params: { name } },
  { template: 'email-changed', to: 'a@b.example', params: { name } },
]

describe('mails', () => {
  it.each([
    ['verification', '/verify-email', '24 hours'],
    ['invitation', '/accept-invitation', '72 hours'],
    ['password-reset', '/reset-password', '30 minutes'],
  ])(
    'S24: the link of %s leads to %s of the settings, and the mail says how long it is valid',
    (template, path, lifetime) => {
      const mail = mails('Ada').find((candidate) => candidate.template === template)
      const { text, html } = renderMail(mail as AccountMail, { title: 'Acme', appUrl, token: 'TOKEN' })
      for (const body of [text, html]) {
        expect(body).toContain(`${appUrl}${path}?token=TOKEN`)
        expect(body).toContain(lifetime)
      }
    },
  )

  it('say what to do if they were not requested, and contain the name at verified addresses only', () => {
    for (const mail of mails('Ada Lovelace')) {
      const { subject, text, html } = renderMail(mail, { title: 'Acme', appUrl, token: 'TOKEN' })
      expect(subject).toMatch(/^[\w ]+$/)
      const greeting = ['verification', 'invitation'].includes(mail.template) ? 'Hello,' : 'Hello Ada Lovelace,'
      expect(text.split('\n')[0]).toBe(greeting)
      expect(text).toMatch(/If (this was not you|you do? ?n[o']t|you did not)/)
      expect(html).toContain(greeting)
    }
  })

  it.each([
    '<script>alert(1)</script>',
    'Ada\r\nBcc: victim@example.com',
    'Win at https://evil.example now',
    'visit evil.example',
    'x'.repeat(500),
  ])('do not contain a name that could be markup, a header or a link: %j', (name) => {
    for (const mail of mails(name)) {
      const { subject, text, html } = renderMail(mail, { title: 'Acme', appUrl, token: 'TOKEN' })
      expect(text).toMatch(/^Hello,\n/)
      for (const part of [subject, text, html]) expect(part).not.toContain(name)
    }
  })

  it('contain no link if there is nothing to open', () => {
    for (const template of ['password-changed', 'email-changed']) {
      const mail = mails('Ada').find((candidate) => candidate.template === template)
      expect(renderMail(mail as AccountMail, { title: 'Acme', appUrl, token: null }).text).not.toContain('http')
    }
  })
})
