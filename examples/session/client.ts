// A session with the typed client, from login to restore. Start the server with `npm run dev`, then:
//
//   PLINTH_URL=http://localhost:3000 npx tsx examples/session/client.ts
//
// It exits with 1 at the first answer that is not the expected one.
import assert from 'node:assert/strict'
// In an app: from '@plinth/client'.
import { createPlinthClient, plinthError } from '../../client/index.js'

const url = process.env['PLINTH_URL'] ?? 'http://localhost:3000'

step('Log in. The client stores the tokens and renews them before they expire.')
const plinth = createPlinthClient({ url })
const ada = await plinth.login({ email: 'ada@example.com', password: 'demo-user-passphrase' })
assert.equal(ada.email, 'ada@example.com')
assert.equal((await plinth.api.users.me.query()).id, ada.id)

step('Create a post. It is a draft until it is published.')
const word = `harbour${Date.now()}`
const draft = await plinth.api.posts.create.mutate({
  title: `The ${word} at dawn`,
  body: 'Nothing moves but the light.',
})
assert.equal(draft.status, 'draft')
assert.equal(draft.version, 1)
assert.ok(draft.createdAt instanceof Date)

step('List the newest posts, five at a time. The cursor of a page selects the next page.')
const first = await plinth.api.posts.list.query({ limit: 5 })
assert.ok(first.meta.nextCursor)
const second = await plinth.api.posts.list.query({ limit: 5, cursor: first.meta.nextCursor })
const firstIds = new Set(first.items.map(({ id }) => id))
assert.equal(second.items.length, 5)
assert.ok(second.items.every(({ id }) => !firstIds.has(id)))

step('Search. Only the author finds a draft.')
const visitor = createPlinthClient({ url })
const found = await plinth.api.posts.list.query({ q: word })
assert.deepEqual(
  found.items.map(({ id }) => id),
  [draft.id],
)
assert.deepEqual((await visitor.api.posts.list.query({ q: word })).items, [])

step('Update the post with the version that was read. A second update with the same version is rejected.')
const { id, version } = draft
const changed = await plinth.api.posts.update.mutate({ id, version, body: 'Nothing moves but the gulls.' })
assert.equal(changed.version, 2)
await refused('VERSION_MISMATCH', plinth.api.posts.update.mutate({ id, version, body: 'Nothing moves at all.' }))

step('Publish it.')
const published = await plinth.api.posts.update.mutate({ id, version: changed.version, status: 'published' })
assert.equal(published.status, 'published')
assert.equal((await visitor.api.posts.get.query({ id })).title, draft.title)

step('Delete it. It is hidden for everyone, and only an admin can restore it.')
await plinth.api.posts.remove.mutate({ id })
await refused('NOT_FOUND', plinth.api.posts.get.query({ id }))
await refused('FORBIDDEN', plinth.api.posts.restore.mutate({ id }))

step('Log out. The session ends on the server, and further calls are anonymous.')
await plinth.logout()
await refused('UNAUTHORIZED', plinth.api.users.me.query())

step('Restore the post as an admin.')
const admin = createPlinthClient({ url })
await admin.login({ email: 'admin@example.com', password: 'demo-admin-passphrase' })
const restored = await admin.api.posts.restore.mutate({ id })
assert.equal(restored.status, 'published')
assert.equal((await visitor.api.posts.get.query({ id })).id, id)

console.log('Every answer was the expected one.')

function step(text: string): void {
  console.log(text)
}

/** Waits for a call to be refused, and checks why. */
async function refused(code: string, call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => assert.fail(`The call was answered, not refused with ${code}.`),
    (reason: unknown) => reason,
  )
  assert.equal(plinthError(error)?.code, code)
  console.log(`  refused with ${code}`)
}
