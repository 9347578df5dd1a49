import assert from 'node:assert/strict'
import { as, login, someone, url } from '../demo'
import {
  apiKeysCreate,
  apiKeysRevoke,
  auditList,
  authLogin,
  type UserCreateBody,
  usersCreate,
  usersMe,
  usersUpdate,
} from './client'
import { client } from './client/client.gen'

client.setConfig({ baseUrl: url })
const { data: signedIn } = await authLogin({ body: login })
assert.ok(signedIn)
const headers = as(signedIn.data.accessToken)

const body: UserCreateBody = someone('hey-api')
const create = (key: string) => usersCreate({ headers: { ...headers, 'Idempotency-Key': key }, body })
const key = crypto.randomUUID()
const [created, again] = [await create(key), await create(key)]
assert.ok(created.data && again.data)
assert.equal(again.data.data.id, created.data.data.id)
assert.equal(again.response.headers.get('idempotency-replayed'), 'true')
assert.equal((await create(crypto.randomUUID())).error?.error.code, 'EMAIL_TAKEN')

const first = await auditList({ headers, query: { limit: 1 } })
assert.equal(first.data?.data.length, 1)
const cursor = first.data.meta.nextCursor
assert.ok(cursor)
const second = await auditList({ headers, query: { limit: 1, cursor } })
assert.notEqual(second.data?.data[0]?.id, first.data.data[0]?.id)

const { id, version } = created.data.data
const change = (name: string) =>
  usersUpdate({ headers: { ...headers, 'If-Match': `"${version}"` }, path: { id }, body: { name } })
assert.equal((await change('Grace M. Adeyemi')).data?.data.version, version + 1)
const outdated = await change('Grace')
assert.equal(outdated.response.status, 412)
assert.equal(outdated.error?.error.code, 'VERSION_MISMATCH')

const made = await apiKeysCreate({ headers, body: { name: 'Client', scopes: ['users:read'] } })
assert.ok(made.data)
const me = () => usersMe({ headers: as(made.data.data.key) })
assert.equal((await me()).data?.data.email, login.email)
await apiKeysRevoke({ headers, path: { id: made.data.data.id } })
assert.equal((await me()).error?.error.code, 'UNAUTHORIZED')

console.log('hey-api: every answer was the expected one.')
