// A session with the typed client, from login to restore. Start the server with `npm run dev`, then:
//
//   API_URL=http://localhost:3000 npx tsx examples/session/client.ts
//
// It exits with 1 at the first unexpected response.
import assert from 'node:assert/strict'
// In an app: from '@plinth/client'.
import { apiError, createApiClient } from '../../client/index.js'

const url = process.env['API_URL'] ?? 'http://localhost:3000'

step('Log in. The client keeps the tokens and renews them when they run out.')
const client = createApiClient({ url })
const ada = await client.login({ email: 'ada@example.com', password: 'demo-user-passphrase' })
assert.equal(ada.email, 'ada@example.com')
assert.equal((await client.api.users.me.query()).id, ada.id)

step('Create a post. It is a draft until it is published.')
const word = `harbour${Date.now()}`
const draft = await client.api.posts.create.mutate({
  title: `The ${word} at dawn`,
  body: 'Nothing moves but the light.',
})
assert.equal(draft.status, 'draft')
assert.equal(draft.version, 1)
assert.ok(draft.createdAt instanceof Date)

step('Read the newest posts, five at a time. The cursor of a page leads to the next one.')
const first = await client.api.posts.list.query({ limit: 5 })
assert.ok(first.meta.nextCursor)
const second = await client.api.posts.list.query({ limit: 5, cursor: first.meta.nextCursor })
const firstIds = new Set(first.items.map(({ id }) => id))
assert.equal(second.items.length, 5)
assert.ok(second.items.every(({ id }) => !firstIds.has(id)))

step('Search. A draft is found by its author alone.')
const visitor = createApiClient({ url })
const found = await client.api.posts.list.query({ q: word })
assert.deepEqual(
  found.items.map(({ id }) => id),
  [draft.id],
)
assert.deepEqual((await visitor.api.posts.list.query({ q: word })).items, [])

step('Update the post with the version that was read. A second update with the same version is rejected.')
const { id, version } = draft
const changed = await client.api.posts.update.mutate({ id, version, body: 'Nothing moves but the gulls.' })
assert.equal(changed.version, 2)
await refused('VERSION_MISMATCH', client.api.posts.update.mutate({ id, version, body: 'Nothing moves at all.' }))

step('Publish it.')
const published = await client.api.posts.update.mutate({ id, version: changed.version, status: 'published' })
assert.equal(published.status, 'published')
assert.equal((await visitor.api.posts.get.query({ id })).title, draft.title)

step('Remove it. It is gone for everyone, and only an admin can bring it back.')
await client.api.posts.remove.mutate({ id })
await refused('NOT_FOUND', client.api.posts.get.query({ id }))
await refused('FORBIDDEN', client.api.posts.restore.mutate({ id }))

step('Log out. The session ends on the server, and calls are those of a visitor again.')
await client.logout()
await refused('UNAUTHORIZED', client.api.users.me.query())

step('Restore the post as an admin.')
const admin = createApiClient({ url })
await admin.login({ email: 'admin@example.com', password: 'demo-admin-passphrase' })
const restored = await admin.api.posts.restore.mutate({ id })
assert.equal(restored.status, 'published')
assert.equal((await visitor.api.posts.get.query({ id })).id, id)

console.log('Every answer was the expected one.')

function step(text: string): void {
  console.log(text)
}

/** Waits for a call to fail, and checks the error code. */
async function refused(code: string, call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => assert.fail(`The call was answered, not refused with ${code}.`),
    (reason: unknown) => reason,
  )
  assert.equal(apiError(error)?.code, code)
  console.log(`  refused with ${code}`)
}
