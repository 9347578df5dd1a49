import { describe, expect, it } from 'vitest'
import { createCallers } from '../../callers.js'
import { outcomeOfCall } from '../../testing/errors.js'
import { createSignedInUser } from '../../testing/factories.js'
import { startTestApp } from '../../testing/test-app.js'
import { createPost } from './posts.test-support.js'

const t = await startTestApp()
const server = createCallers(t.container)

async function createCaller() {
  const { user, session } = await createSignedInUser(t)
  return { user, caller: server.withToken(session.accessToken) }
}

describe('posts through in-process callers', () => {
  it('are created for the user, with a valid input', async () => {
    const { user, caller } = await createCaller()
    const post = await caller.posts.create({ title: ' In process ', body: 'B' })
    expect(post).toMatchObject({ title: 'In process', author: { id: user.id } })
    expect(await t.db.post.count({ where: { id: post.id, authorId: user.id } })).toBe(1)
    expect(await outcomeOfCall(caller.posts.create({ title: '', body: 'B' }))).toBe('VALIDATION_ERROR')
    const unknown = { title: 'T', body: 'B', authorId: user.id }
    expect(await outcomeOfCall(caller.posts.create(unknown))).toBe('VALIDATION_ERROR')
  })

  it('are changed by their author alone, and by the system', async () => {
    const { caller } = await createCaller()
    const { user: author } = await createCaller()
    const { id } = await createPost(t, author, { status: 'draft' })
    expect(await outcomeOfCall(caller.posts.get({ id }))).toBe('NOT_FOUND')
    expect(await outcomeOfCall(caller.posts.update({ id, title: 'Mine' }))).toBe('NOT_FOUND')
    expect(await server.asUser(author.id).posts.update({ id, title: 'Own' })).toMatchObject({ title: 'Own' })
    const system = server.asSystem('corrections')
    expect((await system.posts.list({ authorId: author.id })).items).toMatchObject([{ id }])
    expect(await system.posts.update({ id, title: 'Corrected' })).toMatchObject({ title: 'Corrected' })
    const events = await t.db.auditEvent.findMany({ where: { userId: author.id } })
    expect(events).toMatchObject([{ type: 'post.updated_by_admin', actorId: null, userAgent: 'system: corrections' }])
  })
})
