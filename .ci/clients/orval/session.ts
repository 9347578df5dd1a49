import assert from 'node:assert/strict'
import { as, login, someone } from '../demo'
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

const signedIn = await authLogin(login)
assert.ok(signedIn.status === 200)
const headers = as(signedIn.data.data.accessToken)

const body: UserCreateBody = someone('orval')
const create = (key: string) => usersCreate(body, { 'Idempotency-Key': key }, { headers })
const key = crypto.randomUUID()
const [created, again] = [await create(key), await create(key)]
assert.ok(created.status === 201 && again.status === 201)
assert.equal(again.data.data.id, created.data.data.id)
assert.equal(again.headers.get('idempotency-replayed'), 'true')
const taken = await create(crypto.randomUUID())
assert.ok(taken.status === 409)
assert.equal(taken.data.error.code, 'EMAIL_TAKEN')

const first = await auditList({ limit: 1 }, { headers })
assert.ok(first.status === 200)
assert.equal(first.data.data.length, 1)
const cursor = first.data.meta.nextCursor
assert.ok(cursor)
const second = await auditList({ limit: 1, cursor }, { headers })
assert.ok(second.status === 200)
assert.notEqual(second.data.data[0]?.id, first.data.data[0]?.id)

const { id, version } = created.data.data
const change = (name: string) => usersUpdate(id, { name }, { 'If-Match': `"${version}"` }, { headers })
const changed = await change('Grace M. Adeyemi')
assert.ok(changed.status === 200)
assert.equal(changed.data.data.version, version + 1)
const outdated = await change('Grace')
assert.ok(outdated.status === 412)
assert.equal(outdated.data.error.code, 'VERSION_MISMATCH')

const made = await apiKeysCreate({ name: 'Client', scopes: ['users:read'] }, { headers })
assert.ok(made.status === 201)
const me = await usersMe({}, { headers: as(made.data.data.key) })
assert.ok(me.status === 200)
assert.equal(me.data.data.email, login.email)
await apiKeysRevoke(made.data.data.id, { headers })
const revoked = await usersMe({}, { headers: as(made.data.data.key) })
assert.ok(revoked.status === 401)
assert.equal(revoked.data.error.code, 'UNAUTHORIZED')

console.log('orval: every answer was the expected one.')
