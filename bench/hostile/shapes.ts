import { listRestProcedures, type RestProcedure } from '../../server/core/http/rest/procedures.js'
import { appRouter } from '../../server/router.js'
import { type Shape, shapes, times } from '../../server/testing/inputs/superjson-shapes.js'
import type { Request } from '../support/http.js'
import type { GrowingAttack } from './growth.js'
import type { HostileStage } from './stage.js'

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
