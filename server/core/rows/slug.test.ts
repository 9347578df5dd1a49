import { expect, test } from 'vitest'
import { newPerson } from '../../testing/cast.js'
import { startTestApp } from '../../testing/test-app.js'
import { violatedIndex } from '../database/errors.js'
import { slugOf, writeWithSlug } from './slug.js'

const t = await startTestApp()

// The address of living users is unique, so it can stand for a slug here.
const index = 'User_email_key'
const create = (slug: string) => t.container.db.user.create({ data: { email: slug, name: 'N' } })

test.each([
  ['Hello, World!', 'hello-world'],
  ['  Crème brûlée & Straße 12 ', 'creme-brulee-straße-12'],
  ['日本語 の タイトル', '日本語-の-タイトル'],
  ['한국어', '한국어'],
  ['हिन्दी में', 'हिन्दी-में'],
  ['ﬁne', 'fine'],
  ['?!', 'untitled'],
  ['', 'untitled'],
  ['a'.repeat(200), 'a'.repeat(80)],
  [`${'a'.repeat(79)} b`, 'a'.repeat(79)],
  ['𝒜😀'.repeat(50), 'a-'.repeat(40).slice(0, -1)],
])('the slug of "%s" is "%s"', (text, slug) => {
  expect(slugOf(text)).toBe(slug)
})

test('of 20 rows that are written at once with the same text each has another slug, and one the plain slug', async () => {
  const writes = Array.from({ length: 20 }, () => writeWithSlug({ text: 'At Once', index }, create))
  const slugs = (await Promise.all(writes)).map(({ email }) => email)
  expect(new Set(slugs).size).toBe(20)
  expect(slugs.filter((slug) => slug === 'at-once')).toHaveLength(1)
  for (const slug of slugs) expect(slug).toMatch(/^at-once(-[2-9a-z]{6})?$/)
})

test('the slug of a removed row is free', async () => {
  const { id } = await writeWithSlug({ text: 'Gone', index }, create)
  await t.db.user.update({ where: { id }, data: { deletedAt: t.clock.now() } })
  expect((await writeWithSlug({ text: 'Gone', index }, create)).email).toBe('gone')
})

test('what another index rejects is not tried again', async () => {
  const { user } = await newPerson(t)
  let writes = 0
  const write = (slug: string) => {
    writes += 1
    return t.container.db.user.create({ data: { id: user.id, email: slug, name: 'N' } })
  }
  const thrown = await writeWithSlug({ text: 'Other', index }, write).catch((error: unknown) => error)
  expect([violatedIndex(thrown), writes]).toEqual(['User_pkey', 1])
})

test('a text whose slugs are all taken fails after five attempts', async () => {
  await create('taken')
  let writes = 0
  const write = () => {
    writes += 1
    return create('taken')
  }
  const thrown = await writeWithSlug({ text: 'Taken', index }, write).catch((error: unknown) => error)
  expect([violatedIndex(thrown), writes]).toEqual([index, 5])
})
