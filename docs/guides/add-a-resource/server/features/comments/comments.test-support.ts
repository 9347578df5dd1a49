import type { Prisma } from '../../generated/client.js'
import { type CallRow, notYours, type Stage } from '../../testing/stage.js'
import type { TestApp } from '../../testing/test-app.js'
import { createPost } from '../posts/posts.test-support.js'

type Overrides = Partial<Prisma.CommentUncheckedCreateInput>

/** Creates a comment, on a new published post of its author unless `postId` is given. */
export async function createComment(t: TestApp, author: { id: string }, overrides: Overrides = {}) {
  const postId = overrides.postId ?? (await createPost(t, author)).id
  return t.db.comment.create({ data: { authorId: author.id, body: 'A comment.', ...overrides, postId } })
}

const onPost = async ({ t, owner }: Stage) => ({ postId: (await createPost(t, owner.user)).id })
const commentOfOwner = async ({ t, owner }: Stage, overrides: Overrides = {}) => ({
  id: (await createComment(t, owner.user, overrides)).id,
})
const authorOnly = { ...notYours, admin: 'NOT_FOUND' }

/** The rows of comments for the table in `server/testing/calls.ts`. */
export const commentCalls: Readonly<Record<string, CallRow>> = {
  'comments.list': { input: onPost, invalid: { postId: 'x' } },
  'comments.get': { input: (stage) => commentOfOwner(stage), invalid: { id: 'x' } },
  'comments.create': { input: async (stage) => ({ ...(await onPost(stage)), body: 'B' }), invalid: { postId: 'x' } },
  'comments.update': {
    input: async (stage) => ({ ...(await commentOfOwner(stage)), body: 'B' }),
    invalid: { id: 'x', body: '' },
    exceptions: authorOnly,
  },
  'comments.remove': { input: (stage) => commentOfOwner(stage), invalid: { id: 'x' }, exceptions: authorOnly },
  'comments.restore': {
    input: (stage) => commentOfOwner(stage, { deletedAt: stage.t.clock.now() }),
    invalid: { id: 'x' },
  },
}
