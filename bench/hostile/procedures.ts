import { listRestProcedures, type RestProcedure } from '../../server/core/http/rest/procedures.js'
import { appRouter } from '../../server/router.js'
import { type GrownInput, grownInputs } from '../../server/testing/inputs/grown.js'
import { ownWords } from '../../server/testing/inputs/texts.js'
import { createRandom } from '../../server/testing/random.js'
import { requestWriters, type WriteRequest } from '../../server/testing/requests.js'
import type { Options } from '../support/options.js'
import type { GrowingAttack } from './growth.js'
import type { HostileStage } from './stage.js'

// The maximum size of a body and a request line, without the parts around the input.
const bodyRoom = 250_000
const lineRoom = 3_500

/** Every procedure of the router on both transports, with inputs from its JSON Schema. */
export function procedureAttacks(stage: HostileStage, options: Options): GrowingAttack[] {
  const random = createRandom(options.seed)
  const maker = { random, ownWords: ownWords(createRandom(options.seed)), kindsPerField: options.isQuick ? 1 : 8 }
  return listRestProcedures(appRouter).flatMap((procedure) =>
    Object.entries(requestWriters).flatMap(([name, write]) => {
      const room = procedure.type === 'query' ? lineRoom : bodyRoom
      const inputs = grownInputs(procedure, { ...maker, room, known: stage.known })
      return inputs.map((input) => toAttack(stage, { procedure, name, write }, input))
    }),
  )
}

interface Way {
  procedure: RestProcedure
  name: string
  write: WriteRequest
}

// Each request has a different address and user, so that no limit rejects it before the input is read.
function toAttack(stage: HostileStage, { procedure, name: way, write }: Way, input: GrownInput): GrowingAttack {
  const { access, hashesPassword } = procedure.meta
  return {
    name: `${procedure.path} over ${way}, ${input.name}`,
    repeats: hashesPassword ? 1 : 2,
    // Both transports check passwords in the same way.
    isEssential: input.hasOwnWords && way === 'REST',
    at: (share) => {
      const request = write(procedure, input.at(share))
      const token = access === 'public' ? {} : { authorization: `Bearer ${stage.nextToken()}` }
      return { ...request, headers: { ...token, 'x-forwarded-for': stage.nextAddress() } }
    },
  }
}
