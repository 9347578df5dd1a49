import { beforeEach, describe, expect, it } from 'vitest'
import { createCallers } from '../server/callers.js'
import { startTestApp } from '../server/testing/test-app.js'
import { type ApiClient, createApiClient } from './api-client.js'
import { apiError } from './errors.js'
import { createNetwork, type Network } from './testing/network.js'

const invalid = { email: 'nowhere', password: 'an unused password', name: 'Someone' }
const t = await startTestApp()
let network: Network
let client: ApiClient

beforeEach(() => {
  network = createNetwork(t)
  client = createApiClient({ url: 'http://localhost:3000', fetch: (...request) => network.fetch(...request) })
})

describe('apiError', () => {
  it('names the invalid fields of an input', async () => {
    const error = await client.api.auth.requestPasswordReset.mutate({ email: 'nowhere' }).catch(apiError)
    expect(error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'email' }] })
  })

  it('contains the time of the next attempt', async () => {
    const tries = Array.from({ length: 6 }, () => client.api.auth.register.mutate(invalid).catch(apiError))
    const errors = await Promise.all(tries)
    expect(errors).toContainEqual(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterSeconds: 3600 }))
  })

  it('reads the errors of in-process callers as well', async () => {
    const caller = createCallers(t.container).withToken(undefined, { requestId: 'in-process-1' })
    const error = await caller.users.me().catch(apiError)
    expect(error).toEqual({ code: 'UNAUTHORIZED', message: expect.any(String), requestId: 'in-process-1' })
  })

  it('is null for errors that are not from the server', async () => {
    network.intercept = () => Promise.reject(new TypeError('the network is down'))
    expect(await client.api.users.me.query().catch(apiError)).toBeNull()
    network.intercept = async () => new Response('<h1>Bad gateway</h1>', { status: 502 })
    expect(await client.api.users.me.query().catch(apiError)).toBeNull()
    for (const data of [undefined, null, {}, { error: null }, { error: { code: 'of another server' } }]) {
      expect(apiError(Object.assign(new Error('of the app'), { data }))).toBeNull()
    }
  })
})
