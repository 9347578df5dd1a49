import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../core/database/client.js'
import { Prisma } from '../../generated/client.js'
import { createRandom, type Random } from '../../testing/random.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import { reduceSigns, wordsOf } from './search-words.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url)
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

test.each([
  ['garden -stone', 'garden -stone'],
  ['well-known --word', 'well-known --word'],
  ['---word', '-word'],
  ['- - - -word', '--word'],
  ['a ---"b c" ----d', 'a -"b c" --d'],
  ['(-!-&-|<-word', '(--word'],
  ['a---b c--- d', 'a---b c--- d'],
  ['"a ---b" ---c', '"a ---b" -c'],
  ['"a ---b', '"a ---b'],
])('reduces the signs of %j to %j, with the same meaning', (q, reduced) => {
  expect(reduceSigns(q)).toBe(reduced)
})

test.each([
  ['garden kitchen', "'garden' & 'kitchen'", "'garden' | 'kitchen'"],
  ['garden or kitchen -stone', "'garden' | 'kitchen'", "'garden' | 'kitchen'"],
  ['"raked gravel garden"', "'rake' & 'gravel' & 'garden'", "'rake' | 'gravel' | 'garden'"],
  ['garden -"raked gravel"', "'garden'", "'garden'"],
  ['well-known', "'well-known' & 'well' & 'known'", "'well-known' | 'well' | 'known'"],
  ['-stone', null, null],
  ['garden or -stone', null, null],
  ['the', null, null],
])('queries the index only for the words of %j', async (q, allOf, anyOf) => {
  expect(await wordsIn(q)).toMatchObject({ allOf, anyOf })
})

test('S62: PostgreSQL accepts any 200 characters', async () => {
  const random = createRandom(7)
  const queries = Array.from({ length: 4_000 }, () => writeQuery(random))
  const signs = ['-', '- ', '!-', '(-', '<-', '-&', '--"', '-or '].map((sign) => sign.repeat(200).slice(0, 200))
  const refused: string[] = []
  for (const q of [...signs, ...queries]) await wordsIn(q).catch(() => refused.push(q))
  expect(refused).toEqual([])
}, 120_000)

async function wordsIn(q: string) {
  const [words] = await db.$queryRaw<{ query: string; allOf: string | null; anyOf: string | null }[]>(
    Prisma.sql`WITH ${wordsOf(q)} SELECT "query"::text, "allOf"::text, "anyOf"::text FROM words`,
  )
  return words
}

const alphabet = [
  ['-', '-', '-', ' ', ' ', '"', 'or', ' or ', '(', ')', '<', '>', ':', '*', ':*', '\\', '&', '|', '!', "'", '<->'],
  ['garden', 'the', 'a', 'well-known', '1', '-1', '.', '/', '@', 'http://a.b/c', '😀', 'שלום', '\u202e', 'e\u0301'],
  ['\u0301', '\u200d', '\u00a0', '\u3000', 'ß', '文', '%', '$1', '_', ',', ';', '#', '{', '['],
].flat()

// With few different parts, the same one often occurs several times in a row, which can break a parser.
function writeQuery(random: Random): string {
  const few = random.shuffle(alphabet).slice(0, 1 + random.below(8))
  const written = Array.from({ length: 1 + random.below(120) }, () => few[random.below(few.length)]).join('')
  return [...written].slice(0, 200).join('')
}
