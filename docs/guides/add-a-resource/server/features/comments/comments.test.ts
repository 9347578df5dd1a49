import { expect, test } from 'vitest'
import { createCast, createPerson } from '../../testing/cast.js'
import { startTestApp } from '../../testing/test-app.js'
import { createPost } from '../posts/posts.test-support.js'
import { createComment } from './comments.test-support.js'
import { visibleComments } from './service.js'

const t = await startTestApp()
const { author, other, nobody } = await createCast(t)

test('a comment belongs to the caller, and its author changes the version that was read', async () => {
  const { id: postId } = await createPost(t, other.user)
  const comment = await author.api.comments.create.mutate({ postId, body: 'First.' })
  expect(comment).toMatchObject({ postId, body: 'First.', author: { id: author.user.id }, version: 1 })
  const { id, version } = comment
  const changed = await author.api.comments.update.mutate({ id, version, body: 'Second.' })
  expect(changed).toMatchObject({ body: 'Second.', version: 2 })
  const again = await author.rest('PATCH', `/comments/${id}`, { body: { version, body: 'Third.' } })
  expect(again.body.error.code).toBe('VERSION_MISMATCH')
})

test.each([
  ['a removed comment', { deletedAt: new Date() }, {}],
  ['a comment on a removed post', {}, { deletedAt: new Date() }],
  ['a comment on a draft', {}, { status: 'draft' }],
] as const)('%s is hidden in lists, counts and reads alike', async (_name, overrides, ofPost) => {
  const { id: postId } = await createPost(t, other.user, ofPost)
  const { id } = await createComment(t, author.user, { postId, ...overrides })
  await expectHidden(id, postId)
  await expect(author.api.comments.update.mutate({ id, body: 'B' })).rejects.toThrow('not found')
})

test('the comments of a removed author are hidden until the author is restored', async () => {
  const { user } = await createPerson(t)
  const { id, postId } = await createComment(t, user, { postId: (await createPost(t, other.user)).id })
  await t.db.user.update({ where: { id: user.id }, data: { deletedAt: t.clock.now() } })
  await expectHidden(id, postId)
  await t.db.user.updateMany({ where: { id: user.id, deletedAt: { not: null } }, data: { deletedAt: null } })
  expect(await nobody.api.comments.get.query({ id })).toMatchObject({ id })
})

async function expectHidden(id: string, postId: string) {
  expect((await nobody.rest('GET', `/comments/${id}`)).status).toBe(404)
  const { body } = await nobody.rest('GET', `/posts/${postId}/comments`)
  expect(body.data ?? []).toEqual([])
  expect(await t.container.db.comment.count({ where: { ...visibleComments(null), postId } })).toBe(0)
}
