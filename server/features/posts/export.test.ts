import { expect, test } from 'vitest'
import { createSignedInUser, createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { createPost } from './posts.test-support.js'

const t = await startTestApp()

test('S84: the export has all posts of the user, including removed ones, and none of others', async () => {
  const { user, session } = await createSignedInUser(t)
  for (let count = 0; count < 60; count += 1) await createPost(t, user, { title: `Mine ${count}` })
  const removed = await createPost(t, user, { title: 'Removed', deletedAt: t.clock.now() })
  await createPost(t, await createUser(t), { title: 'Not mine' })
  const { resources, isComplete } = await t.client(session).users.exportMe.query()
  expect(isComplete).toBe(true)
  expect(resources.posts).toHaveLength(61)
  expect(new Set(resources.posts?.map(({ id }) => id)).size).toBe(61)
  expect(resources.posts).toContainEqual(expect.objectContaining({ id: removed.id, deletedAt: t.clock.now() }))
})

test('S84: the export says if it is incomplete, and has a limited size', async () => {
  const { user, session } = await createSignedInUser(t)
  const rows = Array.from({ length: 400 }, () => ({ authorId: user.id, title: 'Long', body: 'x'.repeat(50_000) }))
  await t.db.post.createMany({ data: rows })
  const reply = await t.rest(session)('GET', '/users/me/export')
  expect(reply.body.data.isComplete).toBe(false)
  expect(JSON.stringify(reply.body).length).toBeLessThan(12 * 1024 * 1024)
})

test('S83: a post of an erased account keeps its id and that of its author, and no text', async () => {
  const admin = await createSignedInUser(t, { role: 'admin' })
  const { id } = await createUser(t)
  const post = await createPost(t, { id })
  const { users } = t.client(admin.session)
  await users.remove.mutate({ id })
  await users.erase.mutate({ id })
  await t.container.jobs.drain()
  const row = await t.db.post.findFirst({ where: { id: post.id, deletedAt: { not: null } } })
  expect(row).toMatchObject({ authorId: id, title: '', body: '' })
})
