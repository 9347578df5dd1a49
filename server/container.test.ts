import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { SMTPServer } from 'smtp-server'
import { expect, it } from 'vitest'
import { createContainer } from './container.js'
import { createTestApp } from './testing/test-app.js'

async function startMailServer() {
  const received: { to: string[]; raw: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    async onData(stream, { envelope }, done) {
      received.push({ to: envelope.rcptTo.map(({ address }) => address), raw: await text(stream) })
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

it('S46: mails go to the SMTP server of the settings', async () => {
  const server = await startMailServer()
  const t = await createTestApp({ environment: { SMTP_URL: server.url } })
  // As in production, without the mailer of the tests.
  const container = createContainer(t.config, { log: pino({ level: 'silent' }) })
  const origin = { requestId: 'test-request', ip: '127.0.0.1', userAgent: 'test' }
  const password = 'a password nobody chose yet'
  await container.services.auth.register(origin, { email: 'new@example.com', password, name: 'New' })
  await container.jobs.drain()
  expect(server.received.map(({ to }) => to)).toEqual([['new@example.com']])
  expect(server.received[0]?.raw).toContain('verify-email')
  expect(await t.db.outboxMail.count({ where: { status: 'sent' } })).toBe(1)
  await container.close()
  await t.close()
  await server.close()
})
