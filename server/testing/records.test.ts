import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '../..')

interface Source {
  file: string
  text: string
}

const models = await readFile(path.join(root, 'prisma/schema.prisma'), 'utf8')
const modelNames = [...models.matchAll(/^model (\w+)/gm)].map(([, model = '']) => model)
const deletionsByModel = new RegExp(`\\.(${modelNames.join('|')})\\.delete\\(`, 'i')
const records = [
  { record: '017-raw-sql.md', occurs: hasRawSql },
  { record: '018-hard-deletes.md', occurs: (source: Source) => deletesRows(withoutExplained(source, models)) },
]

test.each(records)('$record lists each file that it concerns, with a reason', async ({ record, occurs }) => {
  const text = await readFile(path.join(root, 'docs/decisions', record), 'utf8')
  const found = (await readSources()).filter(occurs).map(({ file }) => file)
  expect(found.length).toBeGreaterThan(3)
  expect(readNames(text).toSorted()).toEqual(found.toSorted())
})

test.each([
  ['a query', 'await tx.$queryRaw`SELECT 1`'],
  ['a statement', "await db.$executeRawUnsafe('DROP TABLE x')"],
  ['a fragment', 'const own = Prisma.sql`true`'],
  ['a pool', 'const run = (statement: Statement) => pool.query(statement)'],
  ['a client', "await client.query<Row>('SELECT 1')"],
  ['a client by the name of its method', "await client['query']('SELECT 1')"],
  ['a function that was taken from a client', "await client.query.call(client, 'SELECT 1')"],
  ['a pool of an api', "await api.pool.query('UPDATE x SET y = 1')"],
])('%s counts as raw SQL', (_name, text) => {
  expect(hasRawSql({ file: 'server/planted.ts', text })).toBe(true)
})

test.each([
  ['many rows', 'await tx.session.deleteMany({ where })'],
  ['one row', 'await tx.session.delete({ where: { id } })'],
  ['one row, on a separate line', 'await tx.session.delete(\n  {'],
  ['rows in SQL', 'await tx.$executeRaw`DELETE FROM "Session"`'],
  ['one row, with arguments from elsewhere', 'await tx.session.delete(args)'],
  ['many rows by the name of the method', "await tx.session['deleteMany']({})"],
  ['the rows of a relation', 'await tx.user.update({ where, data: { sessions: { deleteMany: {} } } })'],
])('deleting %s counts as a hard delete', (_name, text) => {
  expect(deletesRows({ file: 'server/planted.ts', text })).toBe(true)
})

test.each([
  ['with', true, '/// A pair.\n/// Deleted permanently: it has no content of its own that somebody could restore.\n'],
  ['without', false, '/// A pair, deleted permanently.\n'],
])('deleting rows of a model %s a reason in its comment is explained: %s', (_name, isExplained, comment) => {
  const source = { file: 'server/planted.ts', text: 'await tx.favouritePair.deleteMany({ where })' }
  expect(deletesRows(withoutExplained(source, `${comment}model FavouritePair {`))).toBe(!isExplained)
})

test('a procedure, a map and a comparison do not count', () => {
  const text = 'me: get.query(({ ctx }) => map.delete(key)), it: api.users.me.query({ id }), of: request.query'
  const source = { file: 'server/planted.ts', text }
  expect(hasRawSql(source) || deletesRows(source)).toBe(false)
})

test('services throw the class of an error code, and do not set its status', async () => {
  const services = (await readSources()).filter(({ file }) => /^server\/features\/.*(?<!router|seed)\.ts$/.test(file))
  expect(services.length).toBeGreaterThan(20)
  expect(services.filter(knowsStatuses).map(({ file }) => file)).toEqual([])
})

test.each([
  ['a code without its class', "throw new AppError('CONFLICT')"],
  ['an error of no code', "throw new Error('Taken.')"],
  ['a status', "throw new ConflictError({ message: 'Taken.', status: 409 })"],
  ['another error of JavaScript', "throw new TypeError('Taken.')"],
])('%s counts as an error past the table', (_name, text) => {
  expect(knowsStatuses({ file: 'server/features/planted.ts', text })).toBe(true)
})

test('the tables of services are explicit, so that no verb replaces another', async () => {
  const services = (await readSources()).filter(({ file }) => /^server\/features\/[^/]+\/service\.ts$/.test(file))
  expect(services.filter(({ text }) => /^export function create\w+Service\([^]*?\n {2}return \{/m.test(text))).toEqual(
    services,
  )
  expect(services.filter(spreadsVerbs).map(({ file }) => file)).toEqual([])
})

test.each([
  ['among other verbs', 'export function createPostsService() {\n  return {\n    list,\n    ...changes(db),\n  }\n}'],
  ['on the line of the table', 'export function createPostsService() {\n  return { list, ...changes(db) }\n}'],
])('a spread %s of a service is found', (_name, text) => {
  expect(spreadsVerbs({ file: 'server/features/planted/service.ts', text })).toBe(true)
})

// By the indentation that the formatter gives the table which the function returns.
function spreadsVerbs({ text }: Source): boolean {
  const [create = ''] = /^export function create\w+Service\([^]*?^\}/m.exec(text) ?? []
  const table = create.slice(create.indexOf('\n  return {'))
  return /^ {2}return \{.*\.\.\.|^ {4}\.\.\./m.test(table)
}

function knowsStatuses({ text }: Source): boolean {
  return /new (App|Type|Range|Syntax)?Error\(|\bstatus: \d/.test(text)
}

function hasRawSql({ text }: Source): boolean {
  const isNamed = /\bPrisma\.(sql|raw)\b|(query|execute)Raw|\['query'\]|\.query\.(call|apply|bind)\(/.test(text)
  return isNamed || /\.query(<[^(]*>)?\(/.test(withoutProcedures(text))
}

/** tRPC's `.query(...)` does not count: it takes a function, and in the examples it follows `api`. */
function withoutProcedures(text: string): string {
  return text.replaceAll(/\.query\(\s*(async )?\((\{|\))|\bapi(\.\w+)+\.query\((?=[){])/g, '')
}

function deletesRows({ text }: Source): boolean {
  return /\bdeleteMany\b|\.delete\(\s*\{|\bDELETE FROM\b|\bTRUNCATE\b/.test(text) || deletionsByModel.test(text)
}

/** A source without the deletions from models whose comment in the schema says why their rows are deleted permanently. */
function withoutExplained({ file, text }: Source, schema: string): Source {
  const explained = [...schema.matchAll(/^\/\/\/ Deleted permanently: \S.{20,}\.\n(?:\/\/\/.*\n)*model (\w+)/gm)]
  const names = explained.map(([, model = '']) => model.charAt(0).toLowerCase() + model.slice(1))
  return names.length === 0 ? { file, text } : { file, text: text.replaceAll(deletionOf(names), '') }
}

function deletionOf(names: readonly string[]): RegExp {
  return new RegExp(`\\.(${names.join('|')})\\s*\\.(deleteMany\\(|delete\\(\\s*\\{)`, 'g')
}

async function readSources(): Promise<Source[]> {
  const files = await Promise.all(['server', 'prisma'].map(listSources))
  return Promise.all(files.flat().map(async (file) => ({ file, text: await readFile(path.join(root, file), 'utf8') })))
}

async function listSources(folder: string): Promise<string[]> {
  const names = await readdir(path.join(root, folder), { recursive: true })
  return names
    .map((name) => path.join(folder, name).replaceAll('\\', '/'))
    .filter((file) => /\.(ts|mjs)$/.test(file) && !/\.test\.ts$|^server\/testing\/|\/generated\//.test(file))
}

/** The files in the first column of the record's tables. A row without a sentence does not count. */
function readNames(record: string): string[] {
  return [...record.matchAll(/^\| `([^`]+)` \| \S[^|]{20,}\.\s*\|$/gm)].map(([, file = '']) => file)
}
