import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { choosePort } from './port.js'

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

test('uses the next free port if the default is taken, with a warning', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const port = await takePort()
  const chosen = await choosePort({ host: '127.0.0.1', port, isPortGiven: false })
  expect(chosen).toBeGreaterThan(port)
  expect(warn).toHaveBeenCalledWith(`Port ${port} is in use. This server uses port ${chosen} instead.`)
})

test('rejects a given port that is taken, and names a free one', async () => {
  const port = await takePort()
  await expect(choosePort({ host: '127.0.0.1', port, isPortGiven: true })).rejects.toThrow(
    `Port ${port} (PORT) is in use`,
  )
})

test('uses any free port for 0', async () => {
  expect(await choosePort({ host: '127.0.0.1', port: 0, isPortGiven: true })).toBeGreaterThan(0)
})

test('reports a host that is no address of this machine', async () => {
  await expect(choosePort({ host: '203.0.113.1', port: 3000, isPortGiven: false })).rejects.toThrow('Set HOST')
})
