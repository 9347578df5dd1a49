import { initTRPC } from '@trpc/server'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { adminProcedure, publicProcedure, router } from '../procedures.js'
import { checkProcedures } from './boot-checks.js'
import type { Context } from './context.js'
import type { Meta, RestRoute } from './procedure-meta.js'
import type { LimitRule } from './security/rate-limits.js'

const summary = 'Does something.'
const output = z.strictObject({})
const answer = () => ({})
const limit = { name: 'x', by: 'address', points: 1, windowSeconds: 1 } as const
const sound = publicProcedure.meta({ summary }).output(output)
const at = (method: 'GET' | 'POST', path: `/${string}`) =>
  publicProcedure.meta({ summary, rest: { method, path } }).output(output)

const slugInput = z.strictObject({ slug: z.string() })
const created = { method: 'POST', path: '/x', status: 201 } as const
const creation = (more = {}) =>
  publicProcedure.meta({ summary, idempotency: 'none', rest: { ...created, ...more } }).output(output)
const kept = (rest?: RestRoute) =>
  publicProcedure.meta({ summary, idempotency: 'kept', ...(rest && { rest }) }).output(output)

it('passes what declares everything', () => {
  const one = at('GET', '/one/{id}')
    .input(z.strictObject({ id: z.string() }))
    .query(answer)
  const other = at('POST', '/one/{id}')
    .input(z.strictObject({ id: z.string() }))
    .mutation(answer)
  const login = sound.meta({ summary, limits: [limit] }).mutation(answer)
  expect(() => checkProcedures(router({ one, other, auth: router({ login }) }))).not.toThrow()
})

const builders = initTRPC.context<Context>().meta<Meta>().create()
const planted: [string, string, Parameters<typeof router>[0]][] = [
  [
    'no access',
    'bad: does not check its access',
    { bad: builders.procedure.meta({ summary }).output(output).query(answer) },
  ],
  [
    'an access that nothing checks',
    'bad: does not check its access',
    { bad: builders.procedure.meta({ summary, access: 'user' }).output(output).query(answer) },
  ],
  ['no summary', 'bad: has no summary', { bad: publicProcedure.output(output).query(answer) }],
  ['no output', 'bad: has no output schema', { bad: publicProcedure.meta({ summary }).query(answer) }],
  ['a loose object', 'not a z.strictObject', { bad: sound.input(z.looseObject({})).query(answer) }],
  ['a stripping object', 'not a z.strictObject', { bad: sound.input(z.object({})).query(answer) }],
  [
    'an object with a catchall',
    'not a z.strictObject',
    { bad: sound.input(z.object({}).catchall(z.string())).query(answer) },
  ],
  ['a string', 'not a z.strictObject', { bad: sound.input(z.string()).query(answer) }],
  ['an optional input', 'not a z.strictObject', { bad: sound.input(z.strictObject({}).optional()).query(answer) }],
  [
    'two inputs',
    'more than one input',
    { bad: sound.input(z.strictObject({})).input(z.strictObject({})).query(answer) },
  ],
  ['a lost path parameter', 'bad: has no input key for {id}', { bad: at('GET', '/x/{id}').query(answer) }],
  ['a query by POST', 'bad: is a query', { bad: at('POST', '/x').query(answer) }],
  ['a mutation by GET', 'bad: is a mutation', { bad: at('GET', '/x').mutation(answer) }],
  [
    'a shared route',
    'bad: shares GET /x with good',
    { good: at('GET', '/x').query(answer), bad: at('GET', '/x').query(answer) },
  ],
  ['a limit of no points', 'whose points', { bad: sound.meta({ limits: [{ ...limit, points: 0 }] }).query(answer) }],
  [
    'a limit of no window',
    'whose points',
    { bad: sound.meta({ limits: [{ ...limit, windowSeconds: -1 }] }).query(answer) },
  ],
  ['auth without limits', 'auth.bad: is part of auth', { auth: router({ bad: sound.mutation(answer) }) }],
  [
    'auth with no limit',
    'auth.bad: is part of auth',
    { auth: router({ bad: sound.meta({ limits: [] }).mutation(answer) }) },
  ],
  [
    'a creation without a route to it',
    'no GET route of its feature ends with {id}',
    { bad: creation().mutation(answer) },
  ],
  [
    'a creation that says nothing of repetitions',
    'bad: creates something; declare idempotency',
    {
      bad: publicProcedure
        .meta({ summary, rest: { ...created, locatedBy: null } })
        .output(output)
        .mutation(answer),
    },
  ],
  [
    'a kept answer for anonymous callers',
    'bad: keeps answers for keys, but',
    { bad: kept({ ...created, locatedBy: null }).mutation(answer) },
  ],
  ['a kept answer where nothing is created', 'bad: declares idempotency', { bad: kept().mutation(answer) }],
  [
    'a declared error that is implied',
    'bad: declares RATE_LIMITED, which is implied',
    {
      bad: publicProcedure
        .meta({ summary, errors: ['RATE_LIMITED'] })
        .output(output)
        .query(answer),
    },
  ],
  [
    'an error that is declared twice',
    'bad: declares LAST_ADMIN twice',
    {
      bad: publicProcedure
        .meta({ summary, errors: ['LAST_ADMIN', 'LAST_ADMIN'] })
        .output(output)
        .query(answer),
    },
  ],
  [
    'a creation whose output lacks the key',
    'has no output key for {slug}',
    {
      bad: creation({ locatedBy: 'slug' }).mutation(answer),
      get: at('GET', '/x/{slug}').input(slugInput).query(answer),
    },
  ],
  [
    'a fixed segment that hides a row',
    'bad: /x/feed hides get, which accepts "feed"',
    { bad: at('GET', '/x/feed').query(answer), get: at('GET', '/x/{slug}').input(slugInput).query(answer) },
  ],
]

it('passes a fixed segment that no row has, also in a longer path, and a creation that leads to its row or to none', () => {
  const me = at('GET', '/x/me').query(answer)
  const feed = at('GET', '/z/feed/items').query(answer)
  const bySlug = at('GET', '/z/{slug}').input(slugInput).query(answer)
  const get = at('GET', '/x/{id}')
    .input(z.strictObject({ id: z.uuid() }))
    .query(answer)
  const nested = publicProcedure
    .meta({ summary, idempotency: 'none', rest: { method: 'POST', path: '/y/{parentId}/x', status: 201 } })
    .input(z.strictObject({ parentId: z.uuid() }))
    .output(z.object({ id: z.uuid() }))
    .mutation(() => ({ id: '' }))
  const lone = creation({ locatedBy: null }).mutation(answer)
  expect(() => checkProcedures(router({ me, get, feed, bySlug, nested, lone }))).not.toThrow()
})

it.each(planted)('stops the boot for %s, with the name of the procedure', (_name, fault, record) => {
  expect(() => checkProcedures(router(record))).toThrow(fault)
  expect(() => checkProcedures(router(record))).toThrow(/bad: /)
})

const share = (one: LimitRule, other: LimitRule) =>
  router({
    one: sound.meta({ limits: [one] }).mutation(answer),
    other: sound.meta({ limits: [other] }).mutation(answer),
  })

it.each<[string, z.ZodType]>([
  ['an object', z.object({ a: z.string() })],
  ['an array', z.array(z.looseObject({}))],
  ['a union', z.union([z.string(), z.object({})])],
  ['a record', z.record(z.string(), z.object({}))],
  ['a default', z.object({}).default({})],
  ['a pipe', z.object({}).transform(String)],
  ['a lazy schema', z.lazy(() => z.object({}))],
  ['an object in two levels', z.strictObject({ b: z.strictObject({ c: z.object({}).nullable() }) })],
])('S28: prevents the start for an input that is not strict in %s', (_where, part) => {
  const bad = sound.input(z.strictObject({ part: part.optional() })).query(answer)
  expect(() => checkProcedures(router({ bad }))).toThrow('bad: has an input with a part that is not a z.strictObject')
})

it.each<[string, z.ZodType]>([
  ['any', z.any()],
  ['unknown', z.unknown()],
  ['a list of unknown', z.array(z.unknown()).max(2)],
])('S28: prevents the start for an input that accepts %s', (_what, part) => {
  const bad = sound.input(z.strictObject({ part })).query(answer)
  expect(() => checkProcedures(router({ bad }))).toThrow('bad: has an input with a part that accepts any value')
})

it.each<[string, LimitRule]>([
  ['other points', { ...limit, points: 2 }],
  ['another window', { ...limit, windowSeconds: 2 }],
  ['another key', { ...limit, by: 'actor' }],
  ['another place', { ...limit, store: 'local' }],
  ['the same by chance', { ...limit }],
])('S59: prevents the start for two limits of one name (%s), and names both procedures', (_name, other) => {
  expect(() => checkProcedures(share(limit, other))).toThrow('other: has a limit "x", like one')
})

it('S59: allows procedures to share a counter with the same rule', () => {
  expect(() => checkProcedures(share(limit, limit))).not.toThrow()
  expect(() => checkProcedures(share(limit, { ...limit, name: 'y' }))).not.toThrow()
})

it('S59: prevents the start for a limit with the name of the default limit', () => {
  const record = {
    one: sound.query(answer),
    other: sound.meta({ limits: [{ ...limit, name: 'default' }] }).query(answer),
  }
  expect(() => checkProcedures(router(record))).toThrow('other: has a limit "default", like one')
})

it.each(['login/failures', 'login/gate', 'account/reset', '', 'a b', 'a"b'])(
  'S59: prevents the start for a limit named %j, which may be a counter of a service',
  (name) => {
    const bad = sound.meta({ limits: [{ ...limit, name }] }).mutation(answer)
    expect(() => checkProcedures(router({ bad }))).toThrow(`bad: has a limit "${name}"; its name must`)
  },
)

const scoped = (scope: 'notes:read' | 'notes:write' | 'users:write' | 'auth:read') => sound.meta({ summary, scope })

it('S33: allows scopes of queries and mutations that keys can have', () => {
  const notes = router({ list: scoped('notes:read').query(answer), add: scoped('notes:write').mutation(answer) })
  expect(() => checkProcedures(router({ notes }), ['notes:read', 'notes:write'])).not.toThrow()
})

it.each<[string, string, Parameters<typeof router>[0]]>([
  [
    'of a query',
    'notes.it: declares the scope "notes:write", but its scope is "notes:read"',
    {
      notes: router({ it: scoped('notes:write').query(answer) }),
    },
  ],
  [
    'of a mutation',
    'notes.it: declares the scope "notes:read", but its scope is "notes:write"',
    {
      notes: router({ it: scoped('notes:read').mutation(answer) }),
    },
  ],
  [
    'of another feature',
    'others.it: declares the scope "notes:read", but its scope is "others:read"',
    {
      others: router({ it: scoped('notes:read').query(answer) }),
    },
  ],
  [
    'that no key can have',
    'auth.it: declares the scope "auth:read", which no API key can have',
    {
      auth: router({ it: scoped('auth:read').query(answer) }),
    },
  ],
  [
    'for credentials',
    'auth.it: has a scope, but API keys cannot change accounts',
    {
      auth: router({ it: scoped('auth:read').query(answer) }),
    },
  ],
  [
    'for changes of accounts',
    'users.it: has a scope, but API keys cannot change accounts',
    {
      users: router({ it: scoped('users:write').mutation(answer) }),
    },
  ],
  [
    'for admins',
    'notes.it: has a scope, but API keys have the role "user"',
    {
      notes: router({ it: adminProcedure.meta({ summary, scope: 'notes:read' }).output(output).query(answer) }),
    },
  ],
  ['of no procedure', 'The scope "notes:write" has no procedure', {}],
])('S33: prevents the start for a wrong scope %s', (_name, fault, record) => {
  const scopes = ['notes:read', 'notes:write', 'users:write']
  expect(() => checkProcedures(router(record), scopes)).toThrow(fault)
})

it('treats paths that differ only in the name of a parameter as the same', () => {
  const one = at('GET', '/x/{id}')
    .input(z.strictObject({ id: z.string() }))
    .query(answer)
  const two = at('GET', '/x/{key}')
    .input(z.strictObject({ key: z.string() }))
    .query(answer)
  expect(() => checkProcedures(router({ one, two }))).toThrow('two: shares GET /x/{key} with one')
})

it('reports all faults at once', () => {
  const record = { a: publicProcedure.query(answer), b: sound.input(z.object({})).query(answer) }
  expect(() => checkProcedures(router(record))).toThrow(/a: has no summary\n {2}- a: has no output schema\n {2}- b: /)
})
