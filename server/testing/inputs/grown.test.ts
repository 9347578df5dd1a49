import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom } from '../random.js'
import { grownInputs } from './grown.js'
import { ownWords, textKinds } from './texts.js'

const input = z.strictObject({
  id: z.guid(),
  email: z.email().max(254).meta({ format: 'email' }),
  note: z.string().max(80),
  password: z.string().max(1024).meta({ format: 'password' }),
  limit: z.int().min(1).max(100).default(20),
  tags: z
    .array(z.enum(['a', 'b']))
    .max(16)
    .optional(),
  kind: z.enum(['x', 'y']),
})
const meta = {}
const rest = { method: 'POST', path: '/notes' } as const
const procedure = {
  path: 'notes.create',
  type: 'mutation',
  meta,
  rest,
  inputs: [input],
  input,
  output: undefined,
  isAdmitted: true,
} as const

function inputsOf(seed: number, known = {}) {
  const random = createRandom(seed)
  return grownInputs(procedure, { room: 1_000, random, ownWords: ownWords(random), kindsPerField: 2, known })
}

function grown(name: RegExp, share: number) {
  const found = inputsOf(1).find((grownInput) => name.test(grownInput.name))
  if (!found) throw new Error(`No input grows ${name}.`)
  return found.at(share)
}

describe('inputs that grow', () => {
  it('reach the bound of a field at full size, and an eighth of it at an eighth', () => {
    expect(grown(/^note: /, 1).note).toHaveLength(80)
    expect(grown(/^note: /, 1 / 8).note).toHaveLength(10)
    expect(grown(/^note, too long/, 1).note).toHaveLength(1_000)
    expect(grown(/^limit/, 1).limit).toBe(100)
    expect(grown(/^tags/, 1).tags).toHaveLength(16)
    expect(grown(/^tags/, 1 / 8).tags).toHaveLength(2)
  })

  it('match the schema except for the growing part', () => {
    const isAccepted = (name: RegExp) => input.safeParse(grown(name, 1 / 8)).success
    expect(isAccepted(/^limit/)).toBe(true)
    expect(isAccepted(/^tags/)).toBe(true)
    expect(isAccepted(/^unknown keys/)).toBe(false)
  })

  it('contain a password that consists of words of the sender', () => {
    const { email, password, note } = grown(/own words/, 1)
    const unit = String(password).slice(0, 1)
    expect(password).toHaveLength(1024)
    expect(String(email)).toMatch(new RegExp(`^${unit}.*@${unit}`))
    expect(note).toBe(grown(/^limit/, 1).note)
  })

  it('use a known value for a field', () => {
    expect(
      inputsOf(1, { note: 'known' })
        .find(({ name }) => name.startsWith('limit'))
        ?.at(1).note,
    ).toBe('known')
  })

  it('are the same for the same seed, and differ for another', () => {
    const written = (seed: number) => JSON.stringify(inputsOf(seed).map(({ name, at }) => [name, at(1 / 8)]))
    expect(written(7)).toBe(written(7))
    expect(written(7)).not.toBe(written(8))
  })
})

it.each(textKinds.map(({ name, write }) => [name, write] as const))('creates %s of any length', (_name, write) => {
  for (const length of [32, 100, 2_048]) expect(write(length)).toHaveLength(length)
})
