import { z } from 'zod'
import { ServiceUnavailableError } from '../core/errors.js'
import { protectedProcedure, publicProcedure, router } from '../procedures.js'

const note = z.object({ id: z.string(), title: z.string(), createdAt: z.date(), version: z.int() })
const page = z.object({ items: z.array(note), meta: z.object({ limit: z.int(), nextCursor: z.string().nullable() }) })
const id = z.string().max(64)
const version = z.int().min(1).optional()
const listInput = z.strictObject({
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().optional(),
  tags: z.array(z.string()).optional(),
  ranks: z.array(z.number()).optional(),
  isOpen: z.boolean().optional(),
  weight: z.number().nullable().optional(),
  q: z.string().optional(),
})
const sample = { id: 'n1', title: 'First', createdAt: new Date('2026-01-02T03:04:05.678Z'), version: 3 }
const twice = [{ name: 'twice', by: 'address', points: 2, windowSeconds: 60 }] as const

const notes = router({
  list: publicProcedure
    .meta({ rest: { method: 'GET', path: '/notes' } })
    .input(listInput)
    .output(page)
    .query(({ input }) => ({
      items: [sample],
      meta: { limit: input.limit, nextCursor: input.cursor ? null : 'a/b+c' },
    })),
  echo: publicProcedure
    .meta({ rest: { method: 'GET', path: '/echo' } })
    .input(listInput)
    .output(z.object({ input: listInput }))
    .query(({ input }) => ({ input })),
  get: publicProcedure
    .meta({ rest: { method: 'GET', path: '/notes/{id}' } })
    .input(z.strictObject({ id }))
    .output(note)
    .query(({ input }) => ({ ...sample, id: input.id })),
  create: publicProcedure
    .meta({ rest: { method: 'POST', path: '/notes', status: 201 }, idempotency: 'none' })
    .input(z.strictObject({ title: z.string() }))
    .output(note)
    .mutation(({ input }) => ({ ...sample, ...input })),
  update: protectedProcedure
    .meta({ rest: { method: 'PATCH', path: '/notes/{id}' } })
    .input(z.strictObject({ id, title: z.string().optional(), count: z.int().optional(), version }))
    .output(note.extend({ title: z.string() }))
    .mutation(({ input }) => ({
      ...sample,
      id: input.id,
      title: input.title ?? '',
      version: (input.version ?? 0) + 1,
    })),
  remove: publicProcedure
    .meta({ rest: { method: 'DELETE', path: '/notes/{id}', status: 204 } })
    .input(z.strictObject({ id }))
    .output(z.undefined())
    .mutation(() => undefined),
})

/** A small router with all kinds of results and errors that the transports must support. */
export const transportRouter = router({
  notes,
  me: protectedProcedure
    .meta({ rest: { method: 'GET', path: '/notes/me' } })
    .output(z.object({ userId: z.string() }))
    .query(({ ctx }) => ({ userId: ctx.actor.userId })),
  crash: publicProcedure
    .meta({ rest: { method: 'GET', path: '/crash' } })
    .output(z.object({}))
    .query(() => Promise.reject(new Error('the password of the database is hunter2'))),
  busy: publicProcedure
    .meta({ rest: { method: 'GET', path: '/busy' } })
    .output(z.object({}))
    .query(() => Promise.reject(new ServiceUnavailableError({ retryAfterSeconds: 4 }))),
  limited: publicProcedure
    .meta({ rest: { method: 'POST', path: '/limited' }, limits: twice })
    .output(z.object({ isDone: z.boolean() }))
    .mutation(() => ({ isDone: true })),
  limitedBatch: publicProcedure
    .meta({ limits: [{ ...twice[0], name: 'batch' }] })
    .output(z.object({ isDone: z.boolean() }))
    .mutation(() => ({ isDone: true })),
  alone: publicProcedure
    .meta({ refusesBatch: true })
    .output(z.object({ isDone: z.boolean() }))
    .mutation(() => ({ isDone: true })),
  login: publicProcedure
    .meta({ rest: { method: 'POST', path: '/login' } })
    .output(z.object({ isDone: z.boolean() }))
    .mutation(({ ctx }) => {
      ctx.refreshCookie.write('secret-token', new Date('2030-01-01T00:00:00Z'))
      return { isDone: true }
    }),
  refresh: publicProcedure
    .meta({ rest: { method: 'POST', path: '/refresh' } })
    .output(z.object({ token: z.string().nullable() }))
    .mutation(({ ctx }) => ({ token: ctx.refreshCookie.read()[0] ?? null })),
  ticks: publicProcedure.subscription(async function* () {
    yield { tick: 1 }
    yield { tick: 2 }
  }),
  ownTicks: protectedProcedure.input(z.strictObject({ from: z.int() })).subscription(async function* ({ input }) {
    yield { tick: input.from }
  }),
})
