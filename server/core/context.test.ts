import { once } from 'node:events'
import { connect } from 'node:net'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { startTestApp } from '../testing/test-app.js'

const logged: { level: number; procedure?: string; code?: string }[] = []

const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
const t = await startTestApp({ log })
const port = Number(new URL(await t.app.listen({ host: '127.0.0.1', port: 0 })).port)
async function sendAndReset(path: string, body: string): Promise<void> {
  const head = [`POST ${path} HTTP/1.1`, 'host: localhost', 'content-type: application/json']
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`${[...head, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`)
  socket.resetAndDestroy()
}

it('S60: a request whose client has reset its connection does not fail in the server', async () => {
  for (let request = 0; request < 30; request += 1) {
    await sendAndReset('/api/auth/verify-email', JSON.stringify({ token: 'A'.repeat(43) }))
  }
  const answers = () => logged.filter(({ procedure }) => procedure === 'auth.verifyEmail')
  await expect.poll(() => answers().length, { timeout: 10_000 }).toBeGreaterThan(20)
  expect(new Set(answers().map(({ level, code }) => `${level} ${code}`))).toEqual(new Set(['40 INVALID_TOKEN']))
})
