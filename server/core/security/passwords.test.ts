import { createHmac } from 'node:crypto'
import bcrypt from 'bcrypt'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.js'
import type { PasswordQueue } from './password-queue.js'
import { createPasswords } from './passwords.js'

const client = { ip: '192.0.2.7' }
const owner = { email: 'grace@example.com', name: 'Grace Hopper' }
const passwords = createPasswords({ pepper: 'a pepper of the tests, 32 letters', minLength: 15, application: 'acme' })

function refusal(password: string, path?: string) {
  try {
    passwords.assertAcceptable(password, owner, path)
    return null
  } catch (error) {
    return error instanceof AppError ? { code: error.code, detail: error.details?.[0] } : error
  }
}

describe('the rules for a password', () => {
  it('S1: rejects 14 characters and accepts 15', () => {
    const detail = { path: 'password', code: 'too_small', message: 'Use at least 15 characters.' }
    expect(refusal('fourteen-chars')).toEqual({ code: 'VALIDATION_ERROR', detail })
    expect(refusal('fifteen-charact')).toBeNull()
  })

  it('S1: counts code points, not bytes or UTF-16 units', () => {
    expect(refusal('🦊'.repeat(14))).toMatchObject({ detail: { code: 'too_small' } })
    expect(refusal('🔑'.repeat(64))).toBeNull()
  })

  it('limits the length, and names the key of the input', () => {
    expect(refusal('xy'.repeat(128))).toBeNull()
    expect(refusal(`${'xy'.repeat(128)}z`, 'newPassword')).toMatchObject({
      code: 'VALIDATION_ERROR',
      detail: { path: 'newPassword', code: 'too_big' },
    })
  })

  it('S3: requires no kinds of characters, and rejects a common password', () => {
    expect(refusal('only lower case letters')).toBeNull()
    expect(refusal('PasswordPassword')).toMatchObject({ code: 'PASSWORD_TOO_COMMON' })
  })
})

describe('hashing', () => {
  it('S1: 64 four-byte characters are hashed and verified', async () => {
    const password = '🔑'.repeat(64)
    expect(await passwords.verify(password, await passwords.hash(password, client), client)).toBe(true)
  })

  it('S2: distinguishes passwords that differ only at byte 73, or only after a NUL', async () => {
    const long = 'b'.repeat(72)
    expect(await passwords.verify(`${long}2`, await passwords.hash(`${long}1`, client), client)).toBe(false)
    expect(await passwords.verify('a quiet\0harbour', await passwords.hash('a quiet\0garden', client), client)).toBe(
      false,
    )
  })

  it('S4: uses bcrypt at cost 12 on the HMAC with the pepper', async () => {
    const hash = await passwords.hash('a quiet harbour', client)
    expect(bcrypt.getRounds(hash)).toBe(12)
    expect(await bcrypt.compare('a quiet harbour', hash)).toBe(false)
    const other = createPasswords({ pepper: 'another pepper with 32 characters', minLength: 15, application: 'acme' })
    expect(await other.verify('a quiet harbour', hash, client)).toBe(false)
  })

  it('treats one password in two Unicode forms as the same', async () => {
    expect(
      await passwords.verify('cafe\u0301 au lait', await passwords.hash('caf\u00e9 au lait', client), client),
    ).toBe(true)
  })

  it.each(['\u00a0', '\u3000', '\u2003', '\u202f', '\u1680'])(
    'S88: treats the space %j in a password as U+0020, when it is set and when it is compared',
    async (space) => {
      const spaced = ['a', 'quiet', 'harbour', 'again'].join(space)
      expect(await passwords.verify(spaced, await passwords.hash('a quiet harbour again', client), client)).toBe(true)
      expect(await passwords.verify('a quiet harbour again', await passwords.hash(spaced, client), client)).toBe(true)
      expect(await passwords.verify('a quiet harbour', await passwords.hash(spaced, client), client)).toBe(false)
    },
  )

  it('S88: hashes from before spaces were mapped can still be verified', async () => {
    const spaced = 'a quiet\u00a0harbour'
    const pepper = 'a pepper of the tests, 32 letters'
    const digest = createHmac('sha384', pepper).update(spaced.normalize('NFC')).digest('base64')
    const old = await bcrypt.hash(digest, 12)
    expect(await passwords.verify(spaced, old, client)).toBe(true)
    expect(await passwords.verify('a quiet\u00a0garden', old, client)).toBe(false)
  })

  it('S5, S88: a wrong password with such spaces is compared with as many hashes with an account as without', async () => {
    let comparisons = 0
    const queue: PasswordQueue = {
      run: (_network, work) => {
        comparisons += 1
        return work()
      },
      admit: (_network, work) => work(),
      occupancy: () => ({ running: 0, waiting: 0 }),
    }
    const counted = createPasswords({
      pepper: 'a pepper of the tests, 32 letters',
      minLength: 15,
      application: 'acme',
      queue,
    })
    const hash = await passwords.hash('a quiet harbour', client)
    const counts = []
    for (const known of [hash, null]) {
      comparisons = 0
      expect(await counted.verify('a wrong\u00a0harbour', known, client)).toBe(false)
      counts.push(comparisons)
    }
    expect(counts).toEqual([2, 2])
  })

  it('S5: returns false without a hash, after a comparison of the same cost', async () => {
    const hash = await passwords.hash('a quiet harbour', client)
    const times = { known: [] as number[], unknown: [] as number[] }
    const ratio = () => Math.min(...times.unknown) / Math.min(...times.known)
    // Other work on the machine can only add to a time, so a ratio that is right once is right.
    for (let round = 0; round < 5 || (round < 40 && !(ratio() > 0.5 && ratio() < 2)); round += 1) {
      times.known.push(await milliseconds(() => passwords.verify('a wrong harbour', hash, client)))
      times.unknown.push(await milliseconds(() => passwords.verify('a wrong harbour', null, client)))
    }
    expect(await passwords.verify('a wrong harbour', null, client)).toBe(false)
    expect(ratio()).toBeGreaterThan(0.5)
    expect(ratio()).toBeLessThan(2)
  })
})

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
