import { expect, inject, it } from 'vitest'
import { silentLog } from '../../testing/rate-limit-stores.js'
import { WorkerConnections } from './connections.js'

it('closes, although a connection was never given back', async () => {
  const pool = new WorkerConnections(inject('postgresUrl'), silentLog)
  const client = await pool.connect()
  const ended = new Promise<void>((resolve) => {
    client.once('end', resolve)
  })
  await pool.close()
  await ended
  expect(pool.totalCount).toBe(1)
})
