import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startLoad } from '../support/load.js'
import { startServer } from '../support/server-process.js'
import { rounded } from '../support/timing.js'
import { kindsOf } from './requests.js'
import type { Stage } from './stage.js'

const profiled = ['REST: one post', 'tRPC: one post', 'REST: a page of 20', 'tRPC: a page of 20']

/** By the file of a function; the first that matches counts. Functions of Node.js itself belong to their caller. */
const stages: readonly [string, RegExp][] = [
  ['log lines', /\/node_modules\/(pino|sonic-boom|thread-stream|quick-format|fast-safe|safe-stable)|core\/logger/],
  ['metrics', /\/node_modules\/(prom-client|tdigest)|core\/http\/metrics/],
  ['validation', /\/node_modules\/zod\//],
  ['database: driver and pool', /\/node_modules\/(pg|pg-|postgres-)|core\/database\/pool|core\/tally/],
  ['database: Prisma', /\/node_modules\/(@prisma|decimal)|server\/generated\/|core\/database\//],
  ['serialization', /trpc\/transformer|\/node_modules\/superjson|rest\/reply|rest\/conditions/],
  ['service', /server\/features\/|core\/(pagination|rows)\//],
  [
    'procedure',
    /@trpc\/server|core\/(procedure|context|security|actor|http\/trpc|http\/rest|http\/deadline|http\/call)/,
  ],
  ['hooks', /\/node_modules\/|\/server\//],
]

/**
 * Profiles a production server under the reads of the measurement (`node --cpu-prof`), and adds up the samples by stage.
 *
 * @returns microseconds of each stage for one request, by kind of request
 */
export async function measureStages(stage: Stage, { ms }: { ms: number }) {
  const kinds = kindsOf(stage, '/api/posts').filter(({ name }) => profiled.includes(name))
  const columns: { name: string; times: Map<string, number> }[] = []
  for (const { name, requests } of kinds) columns.push({ name, times: await profile(stage, requests, ms) })
  const names = [...stages.map(([name]) => name), 'Node.js: HTTP and sockets', 'garbage collection']
  return names.map((name) => ({
    stage: name,
    ...Object.fromEntries(columns.map((column) => [column.name, rounded(column.times.get(name) ?? 0)])),
  }))
}

async function profile({ settings }: Stage, requests: ReturnType<typeof kindsOf>[number]['requests'], ms: number) {
  const folder = await mkdtemp(path.join(tmpdir(), 'profile-'))
  const load = startLoad()
  try {
    const server = await startServer(settings, ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${folder}`])
    const order = { port: Number(new URL(server.url).port), requests, connections: 16 }
    await load.run({ ...order, ms })
    const startedAt = performance.now()
    const { statuses } = await load.run({ ...order, ms })
    const untilEnd = performance.now() - startedAt
    const stopping = performance.now()
    await server.stop('SIGINT')
    const afterwards = performance.now() - stopping
    const [file = ''] = await readdir(folder)
    const count = Object.values(statuses).reduce((sum, each) => sum + each, 0)
    const profile: Profile = JSON.parse(await readFile(path.join(folder, file), 'utf8'))
    return addUp(profile, { count, lastMs: untilEnd + afterwards })
  } finally {
    load.stop()
    await rm(folder, { recursive: true })
  }
}

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[]
  samples: number[]
  timeDeltas: number[]
}

interface Part {
  /** The number of requests. */
  count: number
  /** Which part of the profile counts: what came before is the start and the compiler. */
  lastMs: number
}

function addUp({ nodes, samples, timeDeltas }: Profile, { count, lastMs }: Part): Map<string, number> {
  const names = new Map<number, string>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const name = (id: number, inherited: string) => {
    const node = byId.get(id)
    if (!node) return
    const own = stageOf(node.callFrame, inherited)
    names.set(id, own)
    for (const child of node.children ?? []) name(child, own)
  }
  const [root] = nodes
  if (root) name(root.id, 'Node.js: HTTP and sockets')
  const times = new Map<string, number>()
  let left = timeDeltas.reduce((sum, delta) => sum + delta, 0)
  for (const [index, id] of samples.entries()) {
    left -= timeDeltas[index] ?? 0
    if (left > lastMs * 1000) continue
    const stage = names.get(id) ?? ''
    times.set(stage, (times.get(stage) ?? 0) + (timeDeltas[index] ?? 0) / count)
  }
  return times
}

function stageOf({ functionName, url }: Profile['nodes'][number]['callFrame'], inherited: string): string {
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName === '(idle)') return 'idle'
  return stages.find(([, files]) => files.test(url))?.[0] ?? inherited
}
