import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { describe, expect, it } from 'vitest'
import type { MailMessage } from './mailer.js'
import { createSmtpMailer } from './smtp-mailer.js'

const message: MailMessage = {
  id: '1',
  to: 'ada@example.com',
  from: 'Acme <no-reply@mail.example>',
  subject: 'Reset your password',
  text: 'Hello Ada,\n\nhttps://app.example.com/reset-password?token=abc\n',
  html: '<p>Hello Ada</p>',
  messageId: '<1@mail.example>',
}

describe('SMTP', () => {
  it('S46: sends the message to the server, with the id of its outbox row', async () => {
    const server = await startServer()
    const mailer = createSmtpMailer(server.url)
    await mailer.send(message)
    await mailer.send(message)
    expect(server.received).toHaveLength(2)
    for (const { recipients, raw } of server.received) {
      expect(recipients).toEqual(['ada@example.com'])
      expect(raw).toContain('Message-ID: <1@mail.example>')
      expect(raw).toContain('Subject: Reset your password')
      expect(raw).toContain('Auto-Submitted: auto-generated')
      expect(raw).toContain('Hello Ada')
    }
    mailer.close()
    await server.close()
  })

  it('sends to one recipient even if the address looks like two', async () => {
    const server = await startServer()
    const mailer = createSmtpMailer(server.url)
    await mailer.send({ ...message, to: 'a@example.com, b@example.com' }).catch(() => {})
    expect(server.received.flatMap(({ recipients }) => recipients)).not.toContain('b@example.com')
    mailer.close()
    await server.close()
  })

  it('fails if the server rejects the message, and if there is no server', async () => {
    const server = await startServer({ refuses: true })
    const mailer = createSmtpMailer(server.url)
    await expect(mailer.send(message)).rejects.toThrow('no such mailbox')
    mailer.close()
    await server.close()
    const stranded = createSmtpMailer('smtp://127.0.0.1:1')
    await expect(stranded.send(message)).rejects.toThrow('ECONNREFUSED')
    stranded.close()
  })
})

async function startServer({ refuses = false } = {}) {
  const received: { recipients: string[]; raw: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(refuses ? new Error('no such mailbox') : null),
    async onData(stream, session, done) {
      const raw = await text(stream)
      received.push({ recipients: session.envelope.rcptTo.map(({ address }) => address), raw })
      done()
    },
  })
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on TCP.')
  const close = () => new Promise<void>((resolve) => server.close(resolve))
  return { url: `smtp://127.0.0.1:${address.port}`, received, close }
}
