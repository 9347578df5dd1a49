import { textKinds } from '../../server/testing/inputs/texts.js'
import type { Random } from '../../server/testing/random.js'
import type { GrowingAttack } from './growth.js'
import type { HostileStage } from './stage.js'
import { readOne } from './targets.js'

// All headers together may have 16 KiB.
const headRoom = 12_000

const run = (unit: string) => (length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length)

/** Headers that the server reads, with values that are expensive to parse. */
const headers: Readonly<Record<string, (length: number) => string>> = {
  accept: run('application/json ;q=0.1 ,'),
  'trpc-accept': run(', application/jsonl x'),
  'accept-encoding': run('gzip ;q=0.1,'),
  authorization: (length) => `Bearer ${run('eyJhIjoxfQ.')(length)}`,
  cookie: run('a=b; '),
  'content-type': (length) => `application/json${run('; charset=utf-8')(length)}`,
  'if-match': run('"1", W/"2", '),
  'if-none-match': run('"1", W/"2", '),
  origin: (length) => `https://${run('a.')(length)}com`,
  range: (length) => `bytes=${run('0-1,')(length)}`,
  'user-agent': run('a (b) '),
  'x-forwarded-for': run('10.0.0.1, '),
  'x-request-id': run('a-'),
}

/** Parts of a request line. */
const lines: Readonly<Record<string, (length: number) => string>> = {
  'a long path': (length) => `/api/${run('a/')(length)}`,
  'dots in a path': (length) => `/api${run('/..')(length)}`,
  'encoded dots in a path': (length) => `/${run('%2e%2e/')(length)}`,
  'slashes only': run('/'),
  'a long identifier': (length) => `${readOne}${run('0')(length)}`,
  'a batch of very many': (length) => `/trpc/${run('a,')(length)}a?batch=1`,
  'very many keys': (length) => `${readOne}?${Array.from({ length: length / 7 }, (_, i) => `k${i}=1`).join('&')}`,
  'one key very often': (length) => `/api/posts?${run('limit=1&')(length)}`,
  'keys in brackets': (length) => `/api/posts?a${run('[a]')(length)}=1`,
  'inputs, many': (length) => `/trpc/posts.list?${run('input=%7B%7D&')(length)}`,
  'percent signs': (length) => `/api/posts?q=${run('%25')(length)}`,
}

/** Sends hostile headers, to a REST route, to the router over tRPC and to a file, and hostile request lines. */
export function headAttacks(stage: HostileStage, random: Random): GrowingAttack[] {
  const paths = [readOne, '/trpc/posts.list', stage.largestFile]
  const named = Object.entries(headers).flatMap(([name, value]) =>
    paths.map((path) =>
      attack(`header ${name} on ${path}`, (length) => ({ path, headers: { [name]: value(length) } })),
    ),
  )
  const anyText = textKinds.filter(({ write }) => /^[\x20-\x7e]*$/.test(write(64)))
  const odd = Object.keys(headers).map((name) => {
    const kind = anyText[random.below(anyText.length)] ?? textKinds[0]
    return attack(`header ${name}, ${kind.name}`, (length) => ({
      path: readOne,
      headers: { [name]: kind.write(length) },
    }))
  })
  const inLines = Object.entries(lines).map(([name, write]) => attack(name, (length) => ({ path: write(length) })))
  return [...named, ...odd, ...inLines]

  function attack(name: string, write: (length: number) => { path: string; headers?: Record<string, string> }) {
    return {
      name: `heads, ${name}`,
      repeats: 2,
      isEssential: false,
      at: (share: number) => {
        const { path, headers = {} } = write(Math.ceil(headRoom * share))
        return { method: 'GET', path, headers: { 'x-forwarded-for': stage.nextAddress(), ...headers } }
      },
    }
  }
}
