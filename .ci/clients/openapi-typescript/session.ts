import assert from 'node:assert/strict'
import createClient from 'openapi-fetch'
import { as, login, someone, url } from '../demo'
import type { components, paths } from './schema'

const api = createClient<paths>({ baseUrl: url })
const { data: signedIn } = await api.POST('/auth/login', { body: login })
assert.ok(signedIn)
const headers = as(signedIn.data.accessToken)

const body: components['schemas']['UserCreateBody'] = someone('openapi-typescript')
const create = () =>
  api.POST('/users', { headers, params: { header: { 'Idempotency-Key': crypto.randomUUID() } }, body })
const key = { 'Idempotency-Key': crypto.randomUUID() }
const [created, again] = [
  await api.POST('/users', { headers, params: { header: key }, body }),
  await api.POST('/users', { headers, params: { header: key }, body }),
]
assert.ok(created.data && again.data)
assert.equal(again.data.data.id, created.data.data.id)
assert.equal(again.response.headers.get('idempotency-replayed'), 'true')
const taken = await create()
assert.equal(taken.error?.error.code, 'EMAIL_TAKEN')

const first = await api.GET('/audit-events', { headers, params: { query: { limit: 1 } } })
assert.equal(first.data?.data.length, 1)
const cursor = first.data.meta.nextCursor
assert.ok(cursor)
const second = await api.GET('/audit-events', { headers, params: { query: { limit: 1, cursor } } })
assert.notEqual(second.data?.data[0]?.id, first.data.data[0]?.id)

const { id, version } = created.data.data
const change = (name: string) =>
  api.PATCH('/users/{id}', {
    headers,
    params: { path: { id }, header: { 'If-Match': `"${version}"` } },
    body: { name },
  })
assert.equal((await change('Grace M. Adeyemi')).data?.data.version, version + 1)
const outdated = await change('Grace')
assert.equal(outdated.response.status, 412)
assert.equal(outdated.error?.error.code, 'VERSION_MISMATCH')

const made = await api.POST('/api-keys', { headers, body: { name: 'Client', scopes: ['users:read'] } })
assert.ok(made.data)
const me = await api.GET('/users/me', { headers: as(made.data.data.key) })
assert.equal(me.data?.data.email, login.email)
await api.DELETE('/api-keys/{id}', { headers, params: { path: { id: made.data.data.id } } })
const revoked = await api.GET('/users/me', { headers: as(made.data.data.key) })
assert.equal(revoked.error?.error.code, 'UNAUTHORIZED')

console.log('openapi-typescript: every answer was the expected one.')
