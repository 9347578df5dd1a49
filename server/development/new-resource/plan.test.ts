import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { planResource } from './plan.js'
import { readProject } from './project.js'
import { readRequest } from './request.js'

const root = path.join(import.meta.dirname, '../../..')
const planOf = (words: string) => planResource(readProject(root), readRequest(words.split(' ')))

test('comments on posts are the files of the guide, word by word', () => {
  const plan = planOf('comment --parent post')
  const guide = path.join(root, 'docs/guides/add-a-resource')
  const files = [...plan.keys()].filter((file) => file.startsWith('server/features/'))
  expect(files).toHaveLength(5)
  for (const file of files) expect(plan.get(file)).toBe(readFileSync(path.join(guide, file), 'utf8'))
})

describe.each([
  ['note', ['/notes', '/notes/{id}']],
  ['blog-entry --parent post', ['/posts/{postId}/blog-entries', '/blog-entries/{id}']],
  ['article --by title', ['/articles', '/articles/{slug}']],
  ['reply --parent post --by headline', ['/posts/{postId}/replies', '/replies/{slug}']],
])('npm run new -- %s', (words, routes) => {
  const plan = planOf(words)
  const texts = [...plan].filter(([file]) => file.startsWith('server/features/')).map(([, text]) => text)

  test('has its routes, and is registered', () => {
    const [file = ''] = [...plan.keys()].filter((name) => name.endsWith('/router.ts') && name.includes('features'))
    const declared = [...(plan.get(file) ?? '').matchAll(/path: '([^']+)'/g)].map(([, route]) => route)
    expect(new Set(declared)).toEqual(new Set([...routes, expect.stringMatching(/\/restore$/)]))
    for (const name of ['server/container.ts', 'server/router.ts', 'client/schemas.ts', 'prisma/schema.prisma']) {
      expect(plan.get(name)).not.toBe(readFileSync(path.join(root, name), 'utf8'))
    }
  })

  test('has no word of the templates left', () => {
    expect(texts.join('\n')).not.toMatch(/comment/i)
    if (!words.includes('--parent')) expect(texts.join('\n')).not.toMatch(/(?<!')post(?!gres)/i)
    if (!words.includes('title')) expect(texts.join('\n')).not.toMatch(/\btitle\b/)
  })
})

test('the model has its relations, behind those that exist', () => {
  const schema = planOf('blog-entry --parent post --by headline').get('prisma/schema.prisma') ?? ''
  expect(schema).toMatch(/model User \{[^}]*\n {2}blogEntries +BlogEntry\[\]\n/)
  expect(schema).toMatch(/model Post \{[^}]*\n {2}blogEntries BlogEntry\[\]\n/)
  expect(schema).toMatch(/model BlogEntry \{[^}]*\n {2}postId [^}]*\n {2}headline +String\n/)
  expect(schema).toContain('  @@unique([slug], where: raw("\\"deletedAt\\" IS NULL"))')
})

test.each([
  ['', 'Usage'],
  ['note another', 'Usage'],
  ['note --colour red', 'Usage'],
  ['Notes!', 'is no name'],
  ['2note', 'is no name'],
  ['-', 'is no name'],
  ['../note', 'is no name'],
  ['note --parent ../post', 'is no name'],
  ['note --by a-b', 'is no name of a field'],
  ['fish --plural fish', 'must differ'],
  ['post', 'has a model Post'],
  ['user', 'has a model User'],
  ['post-status', 'has a type PostStatus'],
  ['mail-token', 'has a model MailToken'],
  ['action', 'User has a field actions'],
  ['class', 'in TypeScript'],
  ['package', 'in TypeScript'],
  ['decimal', 'in TypeScript or Prisma'],
  ['author', 'uses the name "author"'],
  ['limit', 'uses the name "limit"'],
  ['cast', 'uses the name "createCast"'],
  ['call', 'uses the name "calls"'],
  ['audit-event', 'has a route /audit-events'],
  ['cursor-meta', 'the API has a type CursorMeta'],
  ['post --plural articles', 'has a model Post'],
  ['entry --plural posts', 'server/features/posts exists'],
  ['entry --plural sessions', 'has a key sessions'],
  ['note --parent nothing', 'no model Nothing'],
  ['note --parent user', 'belongs to a user already'],
  ['note --parent session', 'exports two functions'],
  ['note --by body', 'cannot be named "body"'],
  ['note --by slug', 'cannot be named "slug"'],
  ['note --by author', 'cannot be named "author"'],
  ['note --by default', 'cannot be named "default"'],
  ['note --by note', 'cannot be named "note"'],
  ['note --by postId --parent post', 'cannot be named "postId"'],
])('npm run new -- %s is refused: %s', (words, reason) => {
  expect(() => planResource(readProject(root), readRequest(words.split(' ').filter(Boolean)))).toThrow(reason)
})
