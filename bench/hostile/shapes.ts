import { listRestProcedures, type RestProcedure } from '../../server/core/http/rest/procedures.js'
import { appRouter } from '../../server/router.js'
import type { Request } from '../support/http.js'
import type { GrowingAttack } from './growth.js'
import type { HostileStage } from './stage.js'

/** Creates superjson, valid or not, of about so many bytes. */
type Shape = (bytes: number) => string

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: Math.max(1, Math.floor(count)) }, (_, index) => text(index)).join(',')
const numbers = (bytes: number) => times(bytes / 7, (index) => String(index))
const annotated = (json: string, values: string, equalities?: string) =>
  `{"json":${json},"meta":{"values":${values}${equalities ? `,"referentialEqualities":${equalities}` : ''}}}`
const pathsOf = (bytes: number) => times(bytes / 9, (index) => `"${index}"`)
const dotted = (depth: number) => 'a.'.repeat(Math.max(0, depth - 1)).concat('a')
const nested = (depth: number, open: string, core: string, close: string) =>
  open.repeat(Math.max(1, Math.floor(depth))) + core + close.repeat(Math.max(1, Math.floor(depth)))

/** The parts of superjson that the server reads: types, their paths, equal references, and the JSON below them. */
export const shapes: Readonly<Record<string, Shape>> = {
  'many types': (bytes) =>
    annotated(
      `{${times(bytes / 36, (index) => `"k${index}":1`)}}`,
      `{${times(bytes / 36, (index) => `"k${index}":["Date"]`)}}`,
    ),
  'undefined, many': (bytes) =>
    annotated(
      `{${times(bytes / 40, (i) => `"k${i}":null`)}}`,
      `{${times(bytes / 40, (i) => `"k${i}":["undefined"]`)}}`,
    ),
  'a tree of types': (bytes) => annotated('{}', nested(bytes / 16, '["map",{"0":', '["Date"]', '}]')),
  'a tree of places': (bytes) => annotated('{}', nested(bytes / 6, '{"a":', '["Date"]', '}')),
  'deep places, one': (bytes) => annotated(nested(bytes / 8, '{"a":', '1', '}'), `{"${dotted(bytes / 8)}":["Date"]}`),
  'deep places, many': (bytes) => {
    const depth = Math.sqrt(bytes / 4)
    const keys = times(bytes / (2 * depth + 14), (index) => `"${dotted(depth)}.k${index}":["Date"]`)
    return annotated(nested(depth, '{"a":', '{}', '}'), `{${keys}}`)
  },
  'places below one': (bytes) => {
    const depth = bytes / 30
    const below = times(bytes / 36, (index) => `"k${index}":["undefined"]`)
    return annotated(nested(depth, '{"a":', '{}', '}'), `{"${dotted(depth)}":{${below}}}`)
  },
  'equalities in a set': (bytes) => annotated(`[${numbers(bytes / 2)}]`, '["set"]', `{"0":[${pathsOf(bytes / 2)}]}`),
  'equalities in a map': (bytes) =>
    annotated(
      `[${times(bytes / 24, (i) => `[${i},1]`)}]`,
      '["map"]',
      `{"0":[${times(bytes / 24, (i) => `"${i}.1"`)}]}`,
    ),
  'equalities of lists': (bytes) => annotated(`[${numbers(bytes / 2)}]`, '{}', `[[${pathsOf(bytes / 2)}]]`),
  'equalities, deep': (bytes) => {
    const depth = Math.sqrt(bytes / 4)
    const paths = times(bytes / (2 * depth + 8), (index) => `"${dotted(depth)}.${index}"`)
    return annotated(nested(depth, '{"a":', '[]', '}'), '{}', `{"a":[${paths}]}`)
  },
  'a set': (bytes) => annotated(`[${numbers(bytes)}]`, '["set"]'),
  'sets in sets': (bytes) =>
    annotated(nested(bytes / 20, '[', '1', ']'), nested(bytes / 20, '["set",{"0":', '["set"]', '}]')),
  'a map': (bytes) => annotated(`[${times(bytes / 12, (index) => `[${index},1]`)}]`, '["map"]'),
  'typed arrays': (bytes) =>
    annotated(
      `[${times(bytes / 60, () => '[9e8]')}]`,
      `{${times(bytes / 60, (i) => `"${i}":[["typed-array","Float64Array"]]`)}}`,
    ),
  bigint: (bytes) => annotated(`"${'9'.repeat(bytes)}"`, '["bigint"]'),
  bigints: (bytes) =>
    annotated(
      `[${times(bytes / 60, () => `"${'9'.repeat(30)}"`)}]`,
      `{${times(bytes / 60, (i) => `"${i}":["bigint"]`)}}`,
    ),
  'a URL': (bytes) => annotated(`"http://${'a.'.repeat(bytes / 2)}a/"`, '["URL"]'),
  'a pattern': (bytes) => annotated(`"/${'(a+)+'.repeat(bytes / 5)}$/"`, '["regexp"]'),
  'an error': (bytes) => annotated(`{"name":"Error","message":"${'m'.repeat(bytes)}"}`, '["Error"]'),
  'a class': (bytes) => annotated(`{"a":"${'a'.repeat(bytes)}"}`, '[["class","Object"]]'),
  prototypes: (bytes) => annotated('{}', `{${times(bytes / 34, (i) => `"__proto__.k${i}":["undefined"]`)}}`),
  'deep JSON': (bytes) => `{"json":${nested(bytes / 2, '[', '1', ']')}}`,
  'one key again and again': (bytes) => `{"json":{${times(bytes / 9, () => '"name":1')}}}`,
  'a long number': (bytes) => `{"json":${'9'.repeat(bytes)}}`,
}

// The maximum size of a body and a request line. A query is escaped, which makes a text up to three times longer.
const bodyRoom = 250_000
const lineRoom = 4_500

/** Sends each shape to procedures of each kind, alone and in batches, with whole and streamed responses. */
export function shapeAttacks(stage: HostileStage): GrowingAttack[] {
  return Object.entries(shapes).flatMap(([shapeName, shape]) =>
    kindsOfProcedure().flatMap(({ kind, procedure }) =>
      ['application/json', 'application/jsonl'].flatMap((accept) =>
        (procedure.type === 'query' ? [1, 10] : [1]).map((batch) => ({
          name: `superjson, ${shapeName}: ${kind}${batch > 1 ? ', a batch' : ''}, ${accept.split('/')[1]}`,
          repeats: 2,
          isEssential: shapeName.startsWith('equalities') && batch === 1 && accept.endsWith('json'),
          at: (share: number) => write(stage, { shape, procedure, accept, batch, share }),
        })),
      ),
    ),
  )
}

/** One procedure of each kind, for anonymous callers. */
function kindsOfProcedure(): { kind: string; procedure: RestProcedure }[] {
  const procedures = listRestProcedures(appRouter)
  return [true, false].flatMap((takesInput) =>
    (['mutation', 'query'] as const).flatMap((type) =>
      [true, false].flatMap((isPublic) => {
        const procedure = procedures.find(
          ({ input, meta, ...entry }) =>
            (input !== undefined) === takesInput && entry.type === type && (meta.access === 'public') === isPublic,
        )
        return procedure ? [{ kind: procedure.path, procedure }] : []
      }),
    ),
  )
}

interface Written {
  shape: Shape
  procedure: RestProcedure
  accept: string
  batch: number
  share: number
}

function write(stage: HostileStage, { shape, procedure, accept, batch, share }: Written): Request {
  const headers = { accept, 'x-forwarded-for': stage.nextAddress() }
  const paths = times(batch, () => procedure.path)
  const room = procedure.type === 'query' ? lineRoom : bodyRoom
  const one = shape((room * share) / batch)
  const input = batch > 1 ? `{${times(batch, (index) => `"${index}":${one}`)}}` : one
  const isBatch = batch > 1 ? 'batch=1' : ''
  if (procedure.type !== 'query') return { method: 'POST', path: `/trpc/${paths}`, headers, body: input }
  return { method: 'GET', path: `/trpc/${paths}?${isBatch}&input=${encodeURIComponent(input)}`, headers }
}
