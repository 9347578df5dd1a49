import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import { createSignedInUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'

const t = await startTestApp()

it('S14: serves only the public keys, and lets caches keep them for 5 minutes', async () => {
  const reply = await t.app.inject('/.well-known/jwks.json')
  expect(reply.headers).toMatchObject({ 'cache-control': 'public, max-age=300' })
  const { keys } = reply.json()
  expect(keys).toHaveLength(1)
  expect(Object.keys(keys[0]).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

it('lets others verify an access token with only the address of the server', async () => {
  const { user, session } = await createSignedInUser(t)
  const fromApp = async () => new Response((await t.app.inject('/.well-known/jwks.json')).body)
  const keys = createRemoteJWKSet(new URL('http://localhost:3000/.well-known/jwks.json'), { [customFetch]: fromApp })
  const rules = {
    issuer: 'http://localhost:3000',
    audience: 'http://localhost:3000',
    typ: 'at+jwt',
    currentDate: t.clock.now(),
  }
  const { payload } = await jwtVerify(session.accessToken, keys, rules)
  expect(payload).toMatchObject({ sub: user.id, sid: session.sessionId, role: 'user' })
})
