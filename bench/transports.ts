import { callTRPCProcedure } from '@trpc/server'
import { type CreateFastifyContextOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { z } from 'zod'
import { buildApp } from '../server/app.js'
import { loadConfig } from '../server/config.js'
import { type Container, createContainer } from '../server/container.js'
import { createContext, createInProcessContext } from '../server/core/context.js'
import { createRefreshCookie } from '../server/core/http/refresh-cookie.js'
import { restTransport } from '../server/core/http/rest/routes.js'
import { trpcTransport } from '../server/core/http/trpc/routes.js'
import { createLogger } from '../server/core/logger.js'
import { postsRouter } from '../server/features/posts/router.js'
import { publicProcedure, router } from '../server/procedures.js'
import { startLoad } from './support/load.js'
import { fillPosts } from './support/posts.js'
import { report } from './support/report.js'
import { clientAddress, productionSettings, startDatabase } from './support/settings.js'
import { quantile, rounded } from './support/timing.js'

const rounds = 3
const roundMs = 400
const ping = publicProcedure
  .meta({ rest: { method: 'GET', path: '/ping' }, summary: 'Answer' })
  .output(z.object({ isUp: z.boolean() }))
  .query(() => ({ isUp: true }))
const benchRouter = router({ ping, posts: postsRouter })

type Measure = () => Promise<number>

/** Counts the calls per second of each transport, alternately. */
const postgres = await startDatabase()
const client = await fillPosts(postgres.url, { users: 100, posts: 1_000 })
const log = createLogger({ mode: 'production', logLevel: 'info' }, pino.destination('/dev/null'))
const container = createContainer(loadConfig(await productionSettings(postgres.url)), { log })
const app = await buildTransports(container)
const bare = Fastify().get('/bare', async () => ({ data: { isUp: true } }))
const load = startLoad()
try {
  const { rows } = await client.query(`SELECT "id" FROM "Post" WHERE "status" = 'published' LIMIT 1`)
  await client.end()
  const ports = { app: await portOf(app), bare: await portOf(bare) }
  for (const call of callsOf(rows[0]?.id)) await measure(call, ports)
} finally {
  load.stop()
  await app.close()
  await bare.close()
  await container.close()
  await postgres.stop()
}

type Call = ReturnType<typeof callsOf>[number]

function callsOf(postId: string) {
  const json = (input: object) => encodeURIComponent(JSON.stringify({ json: input }))
  return [
    { path: 'ping', input: undefined, rest: '/ping', query: '' },
    { path: 'posts.get', input: { id: postId }, rest: `/posts/${postId}`, query: `?input=${json({ id: postId })}` },
    { path: 'posts.list', input: { limit: 20 }, rest: '/posts?limit=20', query: `?input=${json({ limit: 20 })}` },
  ]
}

async function buildTransports(of: Container): Promise<FastifyInstance> {
  const built = await buildApp(of)
  built.get('/bare', async () => ({ data: { isUp: true } }))
  await built.register(trpcTransport(benchRouter, of), { prefix: '/bench/trpc' })
  await built.register(restTransport(benchRouter, of), { prefix: '/bench/api' })
  const trpcOptions = {
    router: benchRouter,
    createContext: ({ req, res }: CreateFastifyContextOptions) =>
      createContext(of, req, { refreshCookie: createRefreshCookie(req, res, of.config), batchSize: 1 }),
  }
  await built.register(fastifyTRPCPlugin, { prefix: '/bench/official', trpcOptions })
  return built
}

async function portOf(server: FastifyInstance): Promise<number> {
  return Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
}

async function measure({ path, input, rest, query }: Call, ports: { app: number; bare: number }): Promise<void> {
  const http = (port: number, url: string) => () => countAnswers(port, url)
  const measures: Record<string, Measure> = {
    'Fastify, bare': http(ports.bare, '/bare'),
    'Fastify, with our hooks': http(ports.app, '/bare'),
    'our REST transport': http(ports.app, `/bench/api${rest}`),
    'our tRPC transport': http(ports.app, `/bench/trpc/${path}${query}`),
    "tRPC's adapter": http(ports.app, `/bench/official/${path}${query}`),
    'in-process caller': () => callInProcess(path, input),
  }
  const rates = new Map(Object.keys(measures).map((name): [string, number[]] => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(measures)) {
      const rate = await run()
      if (round > 0) rates.get(name)?.push(rate)
    }
  }
  reportRates(path, rates)
}

async function countAnswers(port: number, path: string): Promise<number> {
  const { statuses, perSecond } = await load.run({
    port,
    requests: [{ method: 'GET', path }],
    connections: 32,
    ms: roundMs,
  })
  if (Object.keys(statuses).join() !== '200') throw new Error(`${path}: ${JSON.stringify(statuses)}`)
  return perSecond
}

function reportRates(path: string, rates: ReadonlyMap<string, number[]>): void {
  const medianOf = (name: string) => quantile(rates.get(name) ?? [], 0.5)
  const [bareRate, official] = [medianOf('Fastify, bare'), medianOf("tRPC's adapter")]
  const rows = [...rates.keys()].map((name) => {
    const rate = medianOf(name)
    const shares = { 'to bare': rounded(rate / bareRate, 3), "to tRPC's": rounded(rate / official, 2) }
    return { [path]: name, 'calls a second': rounded(rate), ...shares }
  })
  report(`${path}, 32 connections, median of ${rounds} rounds`, rows)
}

// As an in-process caller does: a context, then the procedure by its path.
async function callInProcess(path: string, input: unknown): Promise<number> {
  const start = performance.now()
  let count = 0
  const callOnAndOn = async () => {
    while (performance.now() - start < roundMs) {
      count += 1
      const origin = { requestId: `bench-${count}`, ip: clientAddress(count % 4096), userAgent: 'bench' }
      const ctx = await createInProcessContext(container, undefined, origin)
      const getRawInput = async () => input
      await callTRPCProcedure({
        router: benchRouter,
        path,
        type: 'query',
        ctx,
        getRawInput,
        signal: undefined,
        batchIndex: 0,
      })
    }
  }
  await Promise.all(Array.from({ length: 32 }, callOnAndOn))
  return count / ((performance.now() - start) / 1000)
}
