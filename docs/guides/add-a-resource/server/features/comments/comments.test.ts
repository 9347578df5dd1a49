import { expect, test } from 'vitest'
import { createCast } from '../../testing/cast.js'
import { createUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { createPost } from '../posts/posts.test-support.js'
import { createComment } from './comments.test-support.js'
import { visibleComments } from './service.js'

const t = await startTestApp()
const { author, other, anonymous } = await createCast(t)

test('a comment belongs to the caller, who can change it', async () => {
  const { id: postId } = await createPost(t, other.user)
  const comment = await author.api.comments.create.mutate({ postId, body: 'First.' })
  expect(comment).toMatchObject({ postId, body: 'First.', author: { id: author.user.id }, version: 1 })
  const changed = await author.api.comments.update.mutate({ id: comment.id, body: 'Second.' })
  expect(changed).toMatchObject({ body: 'Second.', version: 2 })
})

test.each([
  ['a removed comment', { deletedAt: new Date() }, {}],
  ['a comment on a removed post', {}, { deletedAt: new Date() }],
  ['a comment on a draft', {}, { status: 'draft' }],
] as const)('%s is hidden in lists, counts and reads alike', async (_name, overrides, ofPost) => {
  const { id: postId } = await createPost(t, other.user, ofPost)
  const comment = await createComment(t, author.user, { ...overrides, postId })
  await expectHidden(comment)
  const change = author.api.comments.update.mutate({ id: comment.id, body: 'B' })
  await expect(change).rejects.toMatchObject({ data: { error: { code: 'NOT_FOUND' } } })
})

test('the comments of a removed author are hidden', async () => {
  const removed = await createUser(t, { deletedAt: new Date() })
  await expectHidden(await createComment(t, removed, { postId: (await createPost(t, other.user)).id }))
})

async function expectHidden(comment: Awaited<ReturnType<typeof createComment>>) {
  expect((await anonymous.rest('GET', `/comments/${comment.id}`)).status).toBe(404)
  const { body } = await anonymous.rest('GET', `/posts/${comment.postId}/comments`)
  expect(JSON.stringify(body)).not.toContain(comment.id)
  expect(await t.container.db.comment.count({ where: { ...visibleComments(null), id: comment.id } })).toBe(0)
}
