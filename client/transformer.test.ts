import { expect, it } from 'vitest'
import { transformer as serverTransformer } from '../server/core/http/trpc/transformer.js'
import { transformer } from './transformer.js'

it('sends an object that occurs twice in an input in a form that the server accepts', () => {
  const [at, tags] = [new Date(5), ['a', undefined]]
  for (const input of [{ from: at, to: at, tags, others: { tags } }, { tags, others: [tags] }, [at], undefined]) {
    const sent: unknown = JSON.parse(JSON.stringify(transformer.input.serialize(input)))
    expect(serverTransformer.input.deserialize(sent as never)).toEqual(input)
  }
})
