import { z } from 'zod'
import { encodeCursor, timePositionOf } from '../../server/core/pagination/cursor.js'
import type { Request } from '../support/http.js'
import { startLoad } from '../support/load.js'
import { startServer } from '../support/server-process.js'
import { quantile, rounded } from '../support/timing.js'
import { processorMs } from './processor-time.js'
import { type Stage, startBareServer } from './stage.js'

/** What a ratio should be. */
export interface Aim {
  /** The value that this application wants to reach. */
  goal: number
  /** The value that must hold on any machine, however busy. */
  bound: number
  /** Whether both are the most that the ratio may be, and not the least. */
  isMost?: true
}

export interface Ratio extends Aim {
  row: string
  ratio: number
}

/** Whether a ratio is as good as a value: its goal, or its bound. */
export function isAsGood({ ratio, isMost }: Ratio, value: number): boolean {
  return isMost ? ratio <= value : ratio >= value
}

/** The goal of a ratio in words. */
export function describeGoal({ goal, isMost }: Aim): string {
  return isMost ? `${goal} at most` : String(goal)
}

const connections = 16
const warmUps = 5

interface Rounds {
  rounds: number
  /** How long each kind of request is sent in a round, in milliseconds. */
  ms: number
}

/** Sends each kind of request in turns, to both servers, and compares the processor time that each needs. */
export async function measureRequests(stage: Stage, { rounds, ms }: Rounds) {
  const bare = await startBareServer(stage)
  const own = await startServer(stage.settings)
  const load = startLoad()
  try {
    const kinds = kindsOf(stage, await lastPage(own.url))
    const costs = new Map<string, number[]>(kinds.map(({ name }) => [name, []]))
    for (let round = -1; round < rounds; round += 1) {
      // The first round is for the compiler.
      const msOfKind = round < 0 ? ms * warmUps : ms
      for (const { name, requests, isBare } of kinds) {
        const { url, pid } = isBare ? bare : own
        const before = processorMs(pid)
        const { statuses } = await load.run({ port: Number(new URL(url).port), requests, connections, ms: msOfKind })
        const cost = ((processorMs(pid) - before) * 1000) / countOf(name, statuses)
        if (round >= 0) costs.get(name)?.push(cost)
      }
    }
    return { costs: describeCosts(costs), ratios: ratiosOf(costs), residentBytes: own.residentBytes() }
  } finally {
    load.stop()
    bare.stop()
    await own.stop('SIGINT')
  }
}

interface Kind {
  name: string
  requests: readonly Request[]
  isBare?: true
}

/** The kinds of requests that are measured. @param last the path of the last page */
export function kindsOf({ postIds, people }: Stage, last: string): Kind[] {
  const as = (token: string) => ({ authorization: `Bearer ${token}` })
  const get = (path: string, token?: string): Request => ({ method: 'GET', path, headers: token ? as(token) : {} })
  const input = (value: unknown) => encodeURIComponent(JSON.stringify({ json: value }))
  const each = (toRequest: (id: string, index: number) => Request) => postIds.map(toRequest)
  const tokenAt = (index: number) => people[index % people.length]?.accessToken ?? ''
  const batches = Array.from({ length: 50 }, (_, batch) => {
    const ids = postIds.slice(batch * 10, batch * 10 + 10)
    const inputs = JSON.stringify(Object.fromEntries(ids.map((id, index) => [index, { json: { id } }])))
    const path = `/trpc/${ids.map(() => 'posts.get').join(',')}?batch=1&input=${encodeURIComponent(inputs)}`
    return get(path)
  })
  return [
    { name: 'bare: empty', requests: [get('/empty')], isBare: true },
    { name: 'bare: one post', requests: each((id) => get(`/posts/${id}`)), isBare: true },
    { name: 'REST: one post', requests: each((id) => get(`/api/posts/${id}`)) },
    { name: 'tRPC: one post', requests: each((id) => get(`/trpc/posts.get?input=${input({ id })}`)) },
    { name: 'REST: one post, signed in', requests: each((id, index) => get(`/api/posts/${id}`, tokenAt(index))) },
    { name: 'tRPC: a batch of 10 posts', requests: batches },
    { name: 'bare: a page of 20', requests: [get('/posts')], isBare: true },
    { name: 'REST: a page of 20', requests: [get('/api/posts?limit=20')] },
    { name: 'tRPC: a page of 20', requests: [get(`/trpc/posts.list?input=${input({ limit: 20 })}`)] },
    { name: 'REST: the last page of 20', requests: [get(last)] },
    { name: 'REST: liveness', requests: [get('/livez')] },
    {
      name: 'bare: a post created',
      requests: people.map(({ user }) => ({ method: 'POST', path: '/posts', body: newPost(user.id) })),
      isBare: true,
    },
    {
      name: 'REST: a post created',
      requests: people.map(({ accessToken }) => ({
        method: 'POST',
        path: '/api/posts',
        headers: as(accessToken),
        body: newPost(),
      })),
    },
  ]
}

function newPost(authorId?: string): string {
  return JSON.stringify({ authorId, title: 'A post', body: 'A garden has words of many kinds. '.repeat(8) })
}

// The scope of the cursors of `posts.list` without filters.
const allPosts = ['posts', 'newest', undefined, undefined, undefined]

/** The path of the last page of all published posts. */
async function lastPage(url: string): Promise<string> {
  const oldest = await fetch(`${url}/api/posts?order=oldest&limit=40`)
  const { data } = z
    .object({ data: z.array(z.object({ id: z.string(), publishedAt: z.string() })) })
    .parse(await oldest.json())
  const post = data.at(-1)
  if (!post) throw new Error('There are no posts.')
  const place = timePositionOf({ id: post.id, createdAt: new Date(post.publishedAt) })
  const cursor = encodeCursor(allPosts, place)
  return `/api/posts?limit=20&cursor=${encodeURIComponent(cursor)}`
}

function countOf(name: string, statuses: Readonly<Record<string, number>>): number {
  const entries = Object.entries(statuses)
  const failed = entries.filter(([status]) => !status.startsWith('2'))
  if (failed.length > 0) throw new Error(`${name}: ${failed.map(([status, count]) => `${count} x ${status}`).join()}`)
  return entries.reduce((sum, [, count]) => sum + count, 0)
}

type Costs = ReadonlyMap<string, readonly number[]>

function describeCosts(costs: Costs) {
  return [...costs].map(([row, values]) => ({ row, µs: rounded(quantile(values, 0.5)) }))
}

function ratiosOf(costs: Costs): Ratio[] {
  // Of the two costs of each round, which the machine has affected alike.
  const ratio = (row: string, [of, to]: readonly [string, string], aim: Aim): Ratio => {
    const tos = costs.get(to) ?? []
    const ratios = (costs.get(of) ?? []).map((cost, round) => cost / (tos[round] ?? Number.NaN))
    return { row, ratio: quantile(ratios, 0.5), ...aim }
  }
  const [post, page] = ['REST: one post', 'REST: a page of 20']
  const [call, batch] = ['tRPC: one post', 'tRPC: a batch of 10 posts']
  return [
    ratio('one post, REST', ['bare: one post', post], { goal: 0.5, bound: 0.1 }),
    ratio('one post, tRPC', ['bare: one post', call], { goal: 0.5, bound: 0.1 }),
    ratio('a page of 20, REST', ['bare: a page of 20', page], { goal: 0.75, bound: 0.13 }),
    ratio('a page of 20, tRPC', ['bare: a page of 20', 'tRPC: a page of 20'], { goal: 0.75, bound: 0.12 }),
    ratio('signed in, to anonymous', [post, 'REST: one post, signed in'], { goal: 0.9, bound: 0.6 }),
    ratio('a post created', ['bare: a post created', 'REST: a post created'], { goal: 0.4, bound: 0.025 }),
    ratio('a batch of 10 reads, in single ones', [batch, call], { goal: 6, bound: 10, isMost: true }),
    ratio('the last page, to the first', ['REST: the last page of 20', page], { goal: 1.1, bound: 1.7, isMost: true }),
  ]
}
