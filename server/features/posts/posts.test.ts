import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createCast, newPerson, type Person } from '../../testing/cast.js'
import { errorOf } from '../../testing/errors.js'
import { startTestApp } from '../../testing/test-app.js'
import { createPost } from './posts.test-support.js'

const t = await startTestApp()
const { author, other, admin } = await createCast(t)

const as = (person?: Person) => t.client(person?.session).posts
const input = { title: 'A title', body: 'A body.' }
const rowOf = (id: string) =>
  t.db.post.findFirstOrThrow({ where: { id, OR: [{ deletedAt: null }, { deletedAt: { not: null } }] } })
const auditOf = (authorId: string) =>
  t.db.auditEvent.findMany({ where: { userId: authorId, type: { startsWith: 'post.' } }, orderBy: { id: 'asc' } })

// Starts calls while the row is locked, so that all are running when the first one gets the lock.
async function whileHeld<T>(id: string, start: () => Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
  const calls = await t.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT p."id" FROM "Post" p WHERE p."id" = ${id}::uuid AND p."deletedAt" IS NULL FOR UPDATE`
    const settled = Promise.allSettled(start())
    await setTimeout(150)
    return { settled }
  })
  return calls.settled
}

describe('posts.create', () => {
  test('creates a draft of the caller by default', async () => {
    const post = await as(author).create.mutate({ title: '  A title ', body: 'One.\n\n\tTwo.' })
    expect(post).toEqual({
      id: post.id,
      title: 'A title',
      body: 'One.\n\n\tTwo.',
      status: 'draft',
      publishedAt: null,
      author: { id: author.user.id, name: 'The Author' },
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      version: 1,
    })
    expect(await rowOf(post.id)).toMatchObject({ authorId: author.user.id, deletedAt: null })
  })

  test('publishes immediately if requested', async () => {
    const post = await as(author).create.mutate({ ...input, status: 'published' })
    expect(post).toMatchObject({ status: 'published', publishedAt: t.clock.now() })
  })

  test.each([
    [
      '25,000 words',
      Array.from({ length: 25_000 }, (_, index) => String.fromCodePoint(0x4e00 + (index % 20_000))).join(' '),
    ],
    ['one word of 50,000 characters', 'a'.repeat(50_000)],
    ['25,000 characters of two halves', '😀'.repeat(25_000)],
    ['addresses in addresses', 'a.example.com/b-c/'.repeat(2_700)],
  ])('accepts %s, which the search index must be able to store', async (_name, body) => {
    const { id } = await as(author).create.mutate({ ...input, body })
    expect((await as(author).get.query({ id })).body).toBe(body)
  })

  test.each([
    ['an empty title', { title: ' ' }],
    ['a title of 201 characters', { title: 'a'.repeat(201) }],
    ['a title on two lines', { title: 'a\nb' }],
    ['an empty body', { body: '' }],
    ['a body of 50,001 characters', { body: 'a'.repeat(50_001) }],
    ['a NUL, which the database could not store', { body: 'a\u0000b' }],
    ['an unknown status', { status: 'deleted' }],
    ['another user as author', { authorId: randomUUID() }],
  ])('rejects %s', async (_name, fault) => {
    // @ts-ignore The types reject some of these inputs, but data from the network has no types.
    const error = await errorOf(as(author).create.mutate({ ...input, ...fault }))
    expect(error.code).toBe('VALIDATION_ERROR')
    expect(error.details?.map(({ path }) => path)).toEqual(Object.keys(fault))
  })

  test('S51: rejects a lone surrogate as invalid Unicode', async () => {
    const error = await errorOf(as(author).create.mutate({ ...input, body: 'a\ud800b' }))
    expect(error.code).toBe('BAD_REQUEST')
  })

  test('rejects anonymous callers', async () => {
    expect((await errorOf(as().create.mutate(input))).code).toBe('UNAUTHORIZED')
  })
})

describe('posts.get', () => {
  test('returns a published post to everyone', async () => {
    const { id } = await createPost(t, author.user)
    expect(await as().get.query({ id })).toMatchObject({ id, author: { id: author.user.id } })
    expect(await as().get.query({ id: id.toUpperCase() })).toMatchObject({ id })
  })

  test('returns a draft to its author and to admins; for others it does not exist', async () => {
    const { id } = await createPost(t, author.user, { status: 'draft', publishedAt: null })
    expect(await as(author).get.query({ id })).toMatchObject({ id })
    expect(await as(admin).get.query({ id })).toMatchObject({ id })
    expect((await errorOf(as(other).get.query({ id }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as().get.query({ id }))).code).toBe('NOT_FOUND')
  })

  test('S28: a draft of another user and an unknown id result in the same response', async () => {
    const { id } = await createPost(t, author.user, { status: 'draft' })
    const foreign = await errorOf(as(other).get.query({ id }))
    const unknown = await errorOf(as(other).get.query({ id: randomUUID() }))
    expect({ ...foreign, requestId: '' }).toEqual({ ...unknown, requestId: '' })
  })

  test('S31: hides removed posts and posts of removed users, also from admins', async () => {
    const leaver = await newPerson(t)
    const [removed, orphan] = [await createPost(t, leaver.user), await createPost(t, leaver.user)]
    await as(leaver).remove.mutate({ id: removed.id })
    await t.db.user.update({ where: { id: leaver.user.id }, data: { deletedAt: t.clock.now() } })
    for (const { id } of [removed, orphan]) {
      expect((await errorOf(as().get.query({ id }))).code).toBe('NOT_FOUND')
      expect((await errorOf(as(admin).get.query({ id }))).code).toBe('NOT_FOUND')
    }
  })

  test('rejects malformed ids', async () => {
    expect((await errorOf(as().get.query({ id: '1' }))).code).toBe('VALIDATION_ERROR')
  })
})

describe('the entity tag of a post', () => {
  test('changes with the name of the author, which does not stop an update', async () => {
    const writer = await newPerson(t)
    const { id } = await createPost(t, writer.user)
    const rest = t.rest(writer.session)
    const { headers } = await rest('GET', `/posts/${id}`)
    const conditional = { headers: { 'if-none-match': String(headers.etag) } }
    expect((await rest('GET', `/posts/${id}`, conditional)).status).toBe(304)
    await t.client(writer.session).users.updateMe.mutate({ name: 'A New Name' })
    expect((await rest('GET', `/posts/${id}`, conditional)).body.data.author.name).toBe('A New Name')
    const update = { body: { title: 'T' }, headers: { 'if-match': String(headers.etag) } }
    expect((await rest('PATCH', `/posts/${id}`, update)).status).toBe(200)
    expect((await rest('PATCH', `/posts/${id}`, update)).status).toBe(412)
  })

  test('of one person is not that of another at the same URL', async () => {
    const tagOf = async (person: Person) => String((await t.rest(person.session)('GET', '/users/me')).headers.etag)
    const headers = { 'if-none-match': await tagOf(author) }
    expect((await t.rest(author.session)('GET', '/users/me', { headers })).status).toBe(304)
    expect((await t.rest(other.session)('GET', '/users/me', { headers })).status).toBe(200)
  })
})

describe('posts.update and posts.replace', () => {
  test('change the given fields, and raise the version', async () => {
    const { id } = await createPost(t, author.user, { title: 'Before', body: 'Before.' })
    expect(await as(author).update.mutate({ id, title: 'After' })).toMatchObject({
      title: 'After',
      body: 'Before.',
      version: 2,
    })
    const replaced = await as(author).replace.mutate({ id, title: 'New', body: 'New.', status: 'draft', version: 2 })
    expect(replaced).toMatchObject({ title: 'New', body: 'New.', status: 'draft', version: 3 })
    expect(await rowOf(id)).toMatchObject({ title: 'New', body: 'New.', status: 'draft', version: 3 })
  })

  test('leave a post as it is where nothing would change, and record nothing', async () => {
    const post = await createPost(t, author.user)
    const { version, updatedAt } = await rowOf(post.id)
    const same = { title: post.title, body: post.body, status: 'published' } as const
    for (const changes of [{}, { title: post.title }, same]) {
      const answer = await as(admin).update.mutate({ id: post.id, ...changes })
      expect(answer).toMatchObject({ version, updatedAt, title: post.title })
    }
    expect(await as(author).replace.mutate({ id: post.id, ...same })).toMatchObject({ version })
    expect((await auditOf(author.user.id)).filter(({ data }) => JSON.stringify(data).includes(post.id))).toEqual([])
    const refusal = errorOf(as(author).update.mutate({ id: post.id, version: version + 1 }))
    expect(await refusal).toMatchObject({ code: 'VERSION_MISMATCH' })
  })

  test('a post that is published last is the newest, however old its draft is', async () => {
    const writer = await newPerson(t)
    const old = { createdAt: new Date('2020-01-01T00:00:00Z'), status: 'draft', publishedAt: null } as const
    const draft = await createPost(t, writer.user, old)
    const other = await createPost(t, writer.user, { createdAt: new Date('2026-01-01T00:00:00Z') })
    const listed = async () => (await as().list.query({ authorId: writer.user.id })).items.map(({ id }) => id)
    expect(await listed()).toEqual([other.id])
    await as(writer).update.mutate({ id: draft.id, status: 'published' })
    expect(await listed()).toEqual([draft.id, other.id])
    await as(writer).update.mutate({ id: draft.id, status: 'draft' })
    await as(writer).update.mutate({ id: draft.id, status: 'published' })
    expect(await listed()).toEqual([draft.id, other.id])
  })

  test('replace asks for every field', async () => {
    const { id } = await createPost(t, author.user)
    // @ts-expect-error The types require it too.
    const error = await errorOf(as(author).replace.mutate({ id, title: 'New' }))
    expect(error.details?.map(({ path }) => path).sort()).toEqual(['body', 'status'])
  })

  test('S30: an undefined field is not changed', async () => {
    const { id, title } = await createPost(t, author.user)
    expect(await as(author).update.mutate({ id, title: undefined, body: 'After.' })).toMatchObject({
      title,
      body: 'After.',
    })
  })

  test('publishedAt is set when a post is first published, and then kept', async () => {
    const { id } = await createPost(t, author.user, { status: 'draft', publishedAt: null })
    const publishedAt = t.clock.now()
    expect(await as(author).update.mutate({ id, status: 'published' })).toMatchObject({ publishedAt })
    t.clock.advance(1)
    expect(await as(author).update.mutate({ id, status: 'draft' })).toMatchObject({ status: 'draft', publishedAt })
    expect(await as(author).update.mutate({ id, status: 'published' })).toMatchObject({ publishedAt })
  })

  test('an outdated version is rejected without a change', async () => {
    const { id } = await createPost(t, author.user, { title: 'Before', version: 4 })
    expect((await errorOf(as(author).update.mutate({ id, title: 'After', version: 3 }))).code).toBe('VERSION_MISMATCH')
    expect((await errorOf(as(author).remove.mutate({ id, version: 3 }))).code).toBe('VERSION_MISMATCH')
    expect(await rowOf(id)).toMatchObject({ title: 'Before', version: 4, deletedAt: null })
  })

  test('of 20 concurrent updates with the same version exactly one succeeds', async () => {
    const { id } = await createPost(t, author.user)
    const outcomes = await whileHeld(id, () =>
      Array.from({ length: 20 }, (_, index) => as(author).update.mutate({ id, title: `Title ${index}`, version: 1 })),
    )
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const lost = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [errorOf(Promise.reject(outcome.reason))] : [],
    )
    expect(won).toHaveLength(1)
    expect(new Set((await Promise.all(lost)).map(({ code }) => code))).toEqual(new Set(['VERSION_MISMATCH']))
    expect(await rowOf(id)).toMatchObject({ title: won[0]?.title, version: 2 })
  })

  test('20 concurrent updates without a version all succeed', async () => {
    const { id } = await createPost(t, author.user)
    await whileHeld(id, () => [
      ...Array.from({ length: 19 }, () => as(author).update.mutate({ id, body: randomUUID() })),
      as(author).update.mutate({ id, title: 'Kept by those that change the body alone' }),
    ])
    expect(await rowOf(id)).toMatchObject({ title: 'Kept by those that change the body alone', version: 21 })
  })

  test('a post of another user does not exist, whatever its status', async () => {
    for (const status of ['draft', 'published'] as const) {
      const { id } = await createPost(t, author.user, { status, title: 'Before' })
      expect((await errorOf(as(other).update.mutate({ id, title: 'After' }))).code).toBe('NOT_FOUND')
      expect((await errorOf(as(other).replace.mutate({ id, ...input, status }))).code).toBe('NOT_FOUND')
      expect((await errorOf(as(other).remove.mutate({ id }))).code).toBe('NOT_FOUND')
      expect(await rowOf(id)).toMatchObject({ title: 'Before', version: 1, deletedAt: null })
    }
  })

  test('an admin can change a post of another user, which is recorded', async () => {
    const writer = await newPerson(t)
    const { id } = await createPost(t, writer.user)
    expect(await as(admin).update.mutate({ id, title: 'Moderated' })).toMatchObject({
      title: 'Moderated',
      author: { id: writer.user.id },
    })
    await as(writer).update.mutate({ id, title: 'Mine again' })
    expect(await auditOf(writer.user.id)).toMatchObject([
      { type: 'post.updated_by_admin', actorId: admin.user.id, data: { postId: id } },
    ])
  })

  test('reject anonymous callers and unknown ids', async () => {
    const { id } = await createPost(t, author.user)
    expect((await errorOf(as().update.mutate({ id, title: 'After' }))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as().replace.mutate({ id, ...input, status: 'draft' }))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as(admin).update.mutate({ id: randomUUID(), title: 'After' }))).code).toBe('NOT_FOUND')
  })
})

describe('posts.remove and posts.restore', () => {
  test('remove hides the row and keeps it', async () => {
    const { id } = await createPost(t, author.user)
    expect(await as(author).remove.mutate({ id, version: 1 })).toBeUndefined()
    expect(await rowOf(id)).toMatchObject({ deletedAt: t.clock.now(), version: 2 })
    expect((await errorOf(as(author).get.query({ id }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(author).remove.mutate({ id }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(author).update.mutate({ id, title: 'After' }))).code).toBe('NOT_FOUND')
  })

  test('restore shows it again, and actions of admins are recorded', async () => {
    const writer = await newPerson(t)
    const { id } = await createPost(t, writer.user)
    await as(admin).remove.mutate({ id })
    expect(await as(admin).restore.mutate({ id })).toMatchObject({ id, version: 3, author: { id: writer.user.id } })
    expect(await as().get.query({ id })).toMatchObject({ id })
    expect((await auditOf(writer.user.id)).map(({ type }) => type).sort()).toEqual(['post.removed', 'post.restored'])
  })

  test('restore results in 404 for a post that is not removed', async () => {
    const { id } = await createPost(t, author.user)
    expect((await errorOf(as(admin).restore.mutate({ id }))).code).toBe('NOT_FOUND')
    expect((await errorOf(as(admin).restore.mutate({ id: randomUUID() }))).code).toBe('NOT_FOUND')
    expect(await rowOf(id)).toMatchObject({ version: 1 })
  })

  test('restore is rejected while the author is removed, without a change', async () => {
    const leaver = await newPerson(t)
    const { id } = await createPost(t, leaver.user, { deletedAt: t.clock.now() })
    await t.db.user.update({ where: { id: leaver.user.id }, data: { deletedAt: t.clock.now() } })
    expect((await errorOf(as(admin).restore.mutate({ id }))).code).toBe('CONFLICT')
    expect((await rowOf(id)).deletedAt).not.toBeNull()
    expect(await auditOf(leaver.user.id)).toEqual([])
  })

  test('restore refuses another version than the one that was seen', async () => {
    const post = await createPost(t, author.user, { deletedAt: t.clock.now() })
    const refusal = errorOf(as(admin).restore.mutate({ id: post.id, version: post.version + 1 }))
    expect(await refusal).toMatchObject({ code: 'VERSION_MISMATCH' })
    expect(await as(admin).restore.mutate({ id: post.id, version: post.version })).toMatchObject({ id: post.id })
  })

  test('restore is for admins', async () => {
    const { id } = await createPost(t, author.user, { deletedAt: t.clock.now() })
    expect((await errorOf(as(author).restore.mutate({ id }))).code).toBe('FORBIDDEN')
    expect((await errorOf(as().restore.mutate({ id }))).code).toBe('UNAUTHORIZED')
    expect((await errorOf(as().remove.mutate({ id }))).code).toBe('UNAUTHORIZED')
  })
})
