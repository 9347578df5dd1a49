import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isPage, pathParameters, type RestProcedure, readerOf } from './core/http/rest/procedures.js'
import { calls, expectedOutcome } from './testing/calls.js'
import { createSignedInUser } from './testing/factories.js'
import { setStage } from './testing/stage.js'
import { startTestApp } from './testing/test-app.js'
import { everyProcedure, restTransport, transports, trpcTransport } from './testing/transports.js'

// What holds for the rows of every resource. The procedures are read from the router, so a new resource is tested too.
const t = await startTestApp()

const procedures = [...everyProcedure().values()]
const hasVersion = (schema: unknown) => schema instanceof z.ZodObject && 'version' in schema.shape
const isList = ({ output }: RestProcedure) => isPage(output)
const outdated = 2_147_483_647
const rowSchema = z.object({ id: z.string() })

/** A fresh stage for a procedure, with its caller and the input of its row. */
async function prepare({ path: procedure, meta }: RestProcedure) {
  const actor = meta.access === 'admin' ? 'admin' : 'owner'
  const stage = await setStage(t, actor)
  const accessToken = stage.session?.accessToken
  const input = await calls[procedure]?.input?.(stage)
  return { stage, actor, accessToken, call: { procedure, input, accessToken } } as const
}

/** Reads a URL as the caller. */
async function read(url: string, accessToken: string | undefined, headers: Record<string, string> = {}) {
  const authorization = accessToken ? { authorization: `Bearer ${accessToken}` } : {}
  const response = await t.app.inject({ url, headers: { ...authorization, ...headers } })
  return { status: response.statusCode, headers: response.headers, body: response.body && response.json() }
}

describe('what is created', () => {
  const creators = procedures.filter(({ rest }) => rest.status === 201 && rest.locatedBy !== null)

  it.each(creators.map((creator) => [creator.path, creator] as const))(
    '%s: Location leads to the resource, as it was returned',
    async (_path, creator) => {
      const { call, accessToken } = await prepare(creator)
      const created = await restTransport(t.app, call)
      expect(created.status).toBe(201)
      const found = await read(String(created.headers.location), accessToken)
      expect([found.status, found.body.data]).toEqual([200, created.data])
      expect(found.headers.etag).toBe(created.headers.etag)
    },
  )
})

describe('S45: an Idempotency-Key', () => {
  const creators = procedures.filter(({ meta }) => meta.idempotency === 'kept')
  const withKey = (key: string) => ({ 'idempotency-key': key })

  it.each(creators.map((creator) => [creator.path, creator] as const))(
    '%s: creates once, and repeats the response over both transports',
    async (path, creator) => {
      const { call } = await prepare(creator)
      const headers = withKey(`again ${path}`.replaceAll(' ', '-'))
      const first = await restTransport(t.app, { ...call, headers })
      expect([first.status, first.headers['idempotency-replayed']]).toEqual([201, undefined])
      const again = await restTransport(t.app, { ...call, headers })
      expect([again.status, again.headers['idempotency-replayed'], again.data]).toEqual([201, 'true', first.data])
      expect([again.headers.location, again.headers.etag]).toEqual([first.headers.location, first.headers.etag])
      const overTrpc = await trpcTransport(t.app, { ...call, headers })
      expect([overTrpc.headers['idempotency-replayed'], overTrpc.data]).toEqual(['true', first.data])
    },
  )

  it.each(creators.map((creator) => [creator.path, creator] as const))(
    '%s: is refused with another input, and belongs to its caller',
    async (_path, creator) => {
      const [one, other] = [await prepare(creator), await prepare(creator)]
      const headers = withKey('one')
      const created = await restTransport(t.app, { ...one.call, headers })
      const names = pathParameters(creator.rest.path)
      const field = Object.keys(one.call.input ?? {}).find(
        (key) => !names.includes(key) && typeof one.call.input?.[key] === 'string',
      )
      const changed = { ...one.call.input, [field ?? '']: `x${String(one.call.input?.[field ?? ''])}` }
      const refused = await restTransport(t.app, { ...one.call, input: changed, headers })
      expect(refused).toMatchObject({ status: 422, error: { code: 'IDEMPOTENCY_KEY_REUSED' } })
      const theirs = await restTransport(t.app, { ...other.call, headers })
      expect([theirs.status, theirs.headers['idempotency-replayed']]).toEqual([201, undefined])
      expect(theirs.data).not.toEqual(created.data)
    },
  )
})

describe('what a user has created', () => {
  const creators = procedures.filter(({ meta, rest }) => rest.status === 201 && meta.access === 'user')

  it.each(creators.map((creator) => [creator.path, creator] as const))(
    'S84: %s: is in the export of the account',
    async (_path, creator) => {
      const { call, accessToken } = await prepare(creator)
      const { id } = rowSchema.parse((await restTransport(t.app, call)).data)
      const { body } = await read('/api/users/me/export', accessToken)
      expect(JSON.stringify({ ...body.data, auditEvents: [] })).toContain(id)
    },
  )

  it.each(creators.map((creator) => [creator.path, creator] as const))(
    'S83: %s: no text of it is left when the account is erased',
    async (_path, creator) => {
      const { stage, call } = await prepare(creator)
      const mark = randomUUID().replaceAll('-', '')
      const input = withMark(creator, call.input ?? {}, mark)
      expect((await restTransport(t.app, { ...call, input })).error).toBeUndefined()
      expect((await dumpTables()).includes(mark)).toBe(JSON.stringify(input).includes(mark))
      const { accessToken } = (await createSignedInUser(t, { role: 'admin' })).session
      for (const procedure of ['users.remove', 'users.erase']) {
        const { error } = await restTransport(t.app, { procedure, input: { id: stage.owner.user.id }, accessToken })
        expect(error).toBeUndefined()
      }
      await t.container.jobs.drain()
      expect(await dumpTables()).not.toContain(mark)
    },
  )

  /** The input with a mark in each text that may have it. */
  function withMark({ input }: RestProcedure, values: Record<string, unknown>, mark: string) {
    const marked = Object.entries(values).map(([key, value]) => {
      const text = `${String(value)} ${mark}`
      return [key, z.safeParse(input?.shape[key], text).success ? text : value] as const
    })
    return Object.fromEntries(marked)
  }

  async function dumpTables(): Promise<string> {
    const tables = await t.db.$queryRaw<{ name: string }[]>`
      SELECT quote_ident(tablename) AS "name" FROM pg_tables WHERE schemaname = 'public'`
    const rows = tables.map(({ name }) => t.db.$queryRawUnsafe(`SELECT r::text AS "row" FROM ${name} r`))
    return JSON.stringify(await Promise.all(rows))
  }
})

describe('queries', () => {
  // Each export records itself in the audit trail that it contains.
  const queries = procedures.filter(({ type, path }) => type === 'query' && path !== 'users.exportMe')

  it.each(queries.map((query) => [query.path, query] as const))(
    '%s: the same value over tRPC and REST',
    async (_path, query) => {
      const { call } = await prepare(query)
      const [rest, trpc] = [await restTransport(t.app, call), await trpcTransport(t.app, call)]
      expect([rest.error, trpc.error]).toEqual([undefined, undefined])
      expect(rest.data).toEqual(trpc.data)
    },
  )
})

const pageSchema = z.object({
  items: z.array(z.unknown()),
  meta: z.object({ nextCursor: z.string().nullish(), total: z.int().optional() }),
})

describe('lists', () => {
  const lists = procedures.filter(isList)
  const creatorOf = ({ rest: { path } }: RestProcedure) =>
    procedures.find(({ rest }) => rest.method === 'POST' && rest.path === path)

  /** Creates three rows where the list can, and returns the input that its path and its schema require. */
  async function fill(list: RestProcedure) {
    const creator = creatorOf(list)
    const { stage, accessToken, call } = await prepare(list)
    const isRequired = (key: string) => !z.safeParse(list.input?.shape[key], undefined).success
    const required = Object.fromEntries(Object.entries(call.input ?? {}).filter(([key]) => isRequired(key)))
    for (let rows = 0; creator && rows < 3; rows += 1) {
      const input = { ...(await calls[creator.path]?.input?.(stage)), ...pick(required, list) }
      expect((await restTransport(t.app, { procedure: creator.path, input, accessToken })).error).toBeUndefined()
    }
    return { required, accessToken, rows: creator ? 3 : 0 }
  }

  function pick(input: Record<string, unknown>, { rest }: RestProcedure) {
    return Object.fromEntries(pathParameters(rest.path).map((name) => [name, input[name]]))
  }

  it.each(lists.flatMap((list) => Object.keys(transports).map((name) => [list.path, name, list] as const)))(
    '%s over %s: pages of one item have the items of a page of three, and the same total',
    async (procedure, name, list) => {
      const transport = name === 'REST' ? restTransport : trpcTransport
      const { required, accessToken, rows } = await fill(list)
      const page = async (input: object) => {
        const { data, error } = await transport(t.app, { procedure, input: { ...required, ...input }, accessToken })
        expect(error).toBeUndefined()
        return pageSchema.parse(data)
      }
      const three = await page({ limit: 3 })
      expect(three.items.length).toBeGreaterThanOrEqual(rows)
      const singles: unknown[] = []
      let next: object | undefined = {}
      while (next && singles.length < three.items.length) {
        const { items, meta } = await page({ limit: 1, ...next })
        expect(items).toHaveLength(1)
        expect(meta.total).toBe(three.meta.total)
        singles.push(...items)
        next = meta.nextCursor ? { cursor: meta.nextCursor } : { page: singles.length + 1 }
      }
      expect(singles).toEqual(three.items)
    },
  )

  const growing = lists.filter(hasCursor).flatMap((list) => {
    const creator = creatorOf(list)
    return creator ? [[list.path, list, creator] as const] : []
  })

  it.each(growing)(
    '%s: pages by cursor neither skip nor repeat a row while others are created and removed',
    async (_path, list, creator) => {
      const { stage, accessToken, call } = await prepare(list)
      const { required } = await fill(list)
      const create = async () => {
        const input = { ...(await calls[creator.path]?.input?.(stage)), ...pick(required, list) }
        const { data } = await restTransport(t.app, { procedure: creator.path, input, accessToken })
        return rowSchema.parse(data).id
      }
      const remover = procedures.find(({ rest }) => rest.method === 'DELETE' && rest.path === `${list.rest.path}/{id}`)
      const remove = async (id: string) =>
        remover && restTransport(t.app, { procedure: remover.path, input: { id }, accessToken })
      const before: string[] = []
      for (let rows = 0; rows < 24; rows += 1) before.push(await create())
      const removed = remover ? before.filter((_, index) => index % 4 === 1) : []
      const write = async () => {
        for (const id of removed) await Promise.all([create(), remove(id)])
        await create()
      }
      const read = async () => {
        const ids: string[] = []
        let cursor: string | null | undefined
        do {
          const input = { ...required, limit: 3, ...(cursor && { cursor }) }
          const page = pageSchema.parse((await restTransport(t.app, { ...call, input })).data)
          ids.push(...page.items.map((item) => rowSchema.parse(item).id))
          cursor = page.meta.nextCursor
        } while (cursor)
        return ids
      }
      const [seen] = await Promise.all([read(), write()])
      expect(seen).toHaveLength(new Set(seen).size)
      const kept = before.filter((id) => !removed.includes(id))
      expect(kept.filter((id) => !seen.includes(id))).toEqual([])
    },
  )

  function hasCursor({ input }: RestProcedure) {
    return input !== undefined && 'cursor' in input.shape
  }

  it.each(lists.filter(hasTotal).map((list) => [list.path, list] as const))(
    '%s: the total is the number of items on all pages',
    async (procedure, list) => {
      const { required, accessToken } = await fill(list)
      const items: unknown[] = []
      let total: number | undefined
      for (let page = 1; total === undefined || items.length < total; page += 1) {
        const input = { ...required, page, limit: 100 }
        const { items: some, meta } = pageSchema.parse(
          (await restTransport(t.app, { procedure, input, accessToken })).data,
        )
        expect(some.length).toBeGreaterThan(0)
        total = meta.total
        items.push(...some)
      }
      expect(items).toHaveLength(total ?? 0)
    },
  )

  function hasTotal({ input }: RestProcedure) {
    return input !== undefined && 'page' in input.shape
  }
})

describe('rows with a version', () => {
  const readers = procedures.filter(({ rest, output }) => rest.method === 'GET' && hasVersion(output))

  it.each(readers.map((reader) => [reader.path, reader] as const))(
    '%s: the ETag says whether the client has the current representation',
    async (_path, reader) => {
      const { call } = await prepare(reader)
      const get = (headers: Record<string, string>) => restTransport(t.app, { ...call, headers })
      const { headers, status } = await get({})
      expect(status).toBe(200)
      const tag = String(headers.etag)
      expect(tag).toMatch(/^"\d+\.[\w-]+"$/)
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        expect(await get({ 'if-none-match': known })).toMatchObject({ status: 304, data: undefined })
      }
      const version = tag.replace(/\..*/, '"')
      for (const other of ['"other"', version]) expect((await get({ 'if-none-match': other })).status).toBe(200)
    },
  )

  const readerFor = (change: RestProcedure) => {
    const reader = readerOf(procedures, change)
    return reader && hasVersion(reader.output) ? reader : undefined
  }
  const changes = procedures.filter(
    (procedure) => procedure.type === 'mutation' && (hasVersion(procedure.input) || readerFor(procedure)),
  )

  it.each(changes.map((change) => [change.path, change] as const))(
    '%s: is rejected for another version, and changes nothing',
    async (_path, change) => {
      const { call } = await prepare(change)
      const mismatch = { error: { code: 'VERSION_MISMATCH' } }
      for (const tag of [`"${outdated}"`, `"${outdated}.abc"`, '"other"']) {
        const refused = await restTransport(t.app, { ...call, headers: { 'if-match': tag } })
        expect(refused, tag).toMatchObject({ status: 412, ...mismatch })
      }
      if (hasVersion(change.input)) {
        const input = { ...call.input, version: outdated }
        expect(await restTransport(t.app, { ...call, input })).toMatchObject({ status: 412, ...mismatch })
        expect(await trpcTransport(t.app, { ...call, input })).toMatchObject(mismatch)
      }
      expect((await restTransport(t.app, call)).error).toBeUndefined()
    },
  )

  it.each(changes.filter(readerFor).map((change) => [change.path, change] as const))(
    '%s: is carried out for the ETag that was read, and rejected if If-None-Match names it',
    async (_path, change) => {
      const { call, actor } = await prepare(change)
      const reader = readerFor(change)
      const shape = reader?.input?.shape ?? {}
      const input = Object.fromEntries(Object.entries(call.input ?? {}).filter(([key]) => key in shape))
      const before = await restTransport(t.app, { ...call, procedure: reader?.path ?? '', input })
      const tag = String(before.headers.etag)
      const refused = await restTransport(t.app, { ...call, headers: { 'if-none-match': tag } })
      expect(refused).toMatchObject({ status: 412, error: { code: 'VERSION_MISMATCH' } })
      const changed = await restTransport(t.app, { ...call, headers: { 'if-match': `"7.other", ${tag}` } })
      expect(changed.error?.code ?? 'OK').toBe(expectedOutcome(change.path, change.meta, actor))
      expect(changed.headers.etag).not.toBe(tag)
    },
  )
})
