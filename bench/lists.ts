import type { Client } from 'pg'
import { loadConfig } from '../server/config.js'
import { createContainer } from '../server/container.js'
import { encodeCursor } from '../server/core/pagination/cursor.js'
import { scopeOf } from '../server/features/posts/list.js'
import { listPostsSchema } from '../server/features/posts/schema.js'
import { commonWords, fillPosts } from './support/posts.js'
import { report } from './support/report.js'
import { productionSettings, startDatabase } from './support/settings.js'
import { medians, rounded } from './support/timing.js'

const posts = 100_000
const noId = '00000000-0000-7000-8000-000000000000'
const tsquery = `websearch_to_tsquery('english', $1)`
const statements = {
  newest: page(''),
  middle: page('AND (p."createdAt", p."id") < ($1::timestamptz, $2::uuid)'),
  search: page(`AND p."searchVector" @@ ${tsquery}`),
  relevance: page(`AND p."searchVector" @@ ${tsquery}`, {
    rank: `ts_rank(p."searchVector", ${tsquery})`,
    order: '"rank" DESC, p."id" DESC',
  }),
}

const searches = {
  'a rare word': 'word17',
  'a word of a fifth of a percent': 'topic17',
  'a word that is nowhere': 'nowhere',
  'a word of half': 'even',
  'a word of all': 'garden',
  '16 words of all, any of them': commonWords.split(' ').join(' or '),
  '16 words of all, all of them': commonWords,
  'words that are never together': `even odd ${commonWords}`,
  'a phrase that is nowhere': '"kinds garden"',
  'a word to leave out that is rare': '-word17',
  'a word to leave out that all hold': '-garden',
}

/** Measures pages of 20 of 100,000 posts: by the service compared with similar SQL sent by `pg` alone, and by query. */
const postgres = await startDatabase()
const settings = await productionSettings(postgres.url)
const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }))
const client = await fillPosts(postgres.url, { users: 1_000, posts })
try {
  await measure(client)
  await compareSearches()
} finally {
  await client.end()
  await container.close()
  await postgres.stop()
}

async function measure(client: Client): Promise<void> {
  const list = (input: object) => container.services.posts.list(null, listPostsSchema.parse(input))
  const raw = (name: keyof typeof statements, values: unknown[] = []) =>
    client.query({ name, text: statements[name], values })
  const middle = new Date(Date.now() - (posts / 2) * 77_000)
  const cursor = cursorAt(middle)
  const times = await medians(
    {
      newest: () => list({}),
      'newest, pg': () => raw('newest'),
      'from the middle': () => list({ cursor }),
      'from the middle, pg': () => raw('middle', [middle, noId]),
      search: () => list({ q: 'topic17' }),
      'search, pg': () => raw('search', ['topic17']),
      'search by relevance': () => list({ q: 'topic17', order: 'relevance' }),
      'search by relevance, pg': () => raw('relevance', ['topic17']),
    },
    { rounds: 200 },
  )
  const rows = (['newest', 'from the middle', 'search', 'search by relevance'] as const).map((page) => {
    const [service, pg] = [times[page], times[`${page}, pg`]]
    return { page, 'service, ms': rounded(service, 2), 'pg, ms': rounded(pg, 2), ratio: rounded(service / pg, 2) }
  })
  report(`Pages of 20 of ${posts} posts, median`, rows)
}

async function compareSearches(): Promise<void> {
  const list = (input: object) => container.services.posts.list(null, listPostsSchema.parse(input))
  const calls = Object.entries(searches).flatMap(([name, q]) =>
    (['newest', 'relevance'] as const).map((order) => [`${name}, ${order}`, () => list({ q, order })] as const),
  )
  const times = await medians(Object.fromEntries(calls), { rounds: 50 })
  const timeOf = (call: string) => rounded(times[call] ?? Number.NaN, 2)
  const rows = Object.keys(searches).map((name) => ({
    'search for': name,
    'newest, ms': timeOf(`${name}, newest`),
    'relevance, ms': timeOf(`${name}, relevance`),
  }))
  report(`Searches in ${posts} posts, median of a page`, rows)
}

function cursorAt(time: Date): string {
  return encodeCursor(scopeOf(listPostsSchema.parse({})), [time.toISOString(), noId])
}

function page(conditions: string, { rank = '0::real', order = 'p."createdAt" DESC, p."id" DESC' } = {}): string {
  return `
    SELECT p."id", p."title", p."body", p."status", p."publishedAt", p."createdAt", p."updatedAt", p."version",
      json_build_object('id', u."id", 'name', u."name") AS "author", ${rank} AS "rank"
    FROM "Post" p JOIN "User" u ON u."id" = p."authorId"
    WHERE p."deletedAt" IS NULL AND u."deletedAt" IS NULL AND p."status" = 'published' ${conditions}
    ORDER BY ${order} LIMIT 21`
}
