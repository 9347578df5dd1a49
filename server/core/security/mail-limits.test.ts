import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLimits, openPostgresStore, type SharedStore } from '../../testing/rate-limit-stores.js'
import { mayMail } from './mail-limits.js'

let store: SharedStore
let limits: ReturnType<typeof openLimits>

beforeAll(async () => {
  store = await openPostgresStore()
  limits = openLimits(store)
})
afterAll(async () => {
  await limits.close()
  await store.drop()
})

const someone = () => `${randomUUID()}@example.com`

it('S80: sends an address three mails of one kind per hour, whatever their origins, also for concurrent requests', async () => {
  const to = someone()
  const asks = Array.from({ length: 10 }, (_, index) =>
    mayMail(limits, { kind: 'password-reset', to, ip: `192.0.2.${index}` }),
  )
  expect((await Promise.all(asks)).filter(Boolean)).toHaveLength(3)
  expect(await mayMail(limits, { kind: 'verification', to, ip: '192.0.2.1' })).toBe(true)
})

it('S80: sends a hundred mails per hour for one network, to any addresses', async () => {
  const ask = () => mayMail(limits, { kind: 'verification', to: someone(), ip: '198.51.100.1' })
  const answers = []
  // Ten concurrent ones, because the store of a busy machine may not respond to more in time.
  for (let round = 0; round < 12; round += 1) answers.push(...(await Promise.all(Array.from({ length: 10 }, ask))))
  expect(answers.filter(Boolean)).toHaveLength(100)
  expect(await mayMail(limits, { kind: 'verification', to: someone(), ip: '198.51.100.2' })).toBe(true)
})

it('S80: a network that has used up its mails takes none of the mails of an address', async () => {
  const [ip, to] = ['198.51.100.3', someone()]
  for (let count = 0; count < 10; count += 1) {
    await Promise.all(Array.from({ length: 10 }, () => mayMail(limits, { kind: 'verification', to: someone(), ip })))
  }
  for (let count = 0; count < 3; count += 1) expect(await mayMail(limits, { kind: 'verification', to, ip })).toBe(false)
  expect(await mayMail(limits, { kind: 'verification', to, ip: '198.51.100.4' })).toBe(true)
})
