import bcrypt from 'bcrypt'
import { describe, expect, it } from 'vitest'
import { commonPasswords } from './common-passwords.js'
import { isCommonPassword } from './password-blocklist.js'

const owner = { email: 'ada.lovelace@analytical.example', name: 'Ada Lovelace' }
const isCommon = (password: string) => isCommonPassword(password, owner, 'acme')

describe('the blocklist', () => {
  it('S3: contains more than 3000 common passwords of 15 characters or more, and rejects each', () => {
    const long = [...commonPasswords()].filter((password) => [...password].length >= 15)
    expect(long.length).toBeGreaterThan(3000)
    expect(long.filter((password) => !isCommon(password))).toEqual([])
    expect(long.slice(0, 200).filter((password) => !isCommon(password.toUpperCase()))).toEqual([])
  })

  it('S3: supports shorter policies too', () => {
    const short = [...commonPasswords()].filter(({ length }) => length >= 8 && length < 15)
    expect(short.length).toBeGreaterThan(3000)
  })

  it.each([
    'acmeacmeacme',
    'Acme-Acme-2026',
    'AcmePassword1234!',
    'p4ssw0rdp4ssw0rd',
    'passw0rd123456789',
    'password1password2',
    'qwertyuiopasdfghjkl',
    '1234567890987654321',
    'abcdefghijklmnop',
    'aaaaaaaaaaaaaaaaaaa',
    'x7!x7!x7!x7!x7!x7!',
  ])('S3: rejects the pattern %s', (password) => {
    expect(isCommon(password)).toBe(true)
  })

  it.each([
    'ada.lovelace@analytical.example',
    'ada.lovelace.2026',
    'LovelaceLovelace',
    '!!!AdaLovelace!!!',
    'analytical-ada-1815',
  ])("S3: rejects %s, which consists of the owner's own words", (password) => {
    expect(isCommon(password)).toBe(true)
  })

  it.each([
    'a quiet harbour at dawn',
    'correct horse battery staple',
    'xk2!fjq9wpl0zv8m',
    '83920174659201837465',
    'demo-admin-passphrase',
    '🔑'.repeat(64),
    `${'a'.repeat(72)}1`,
  ])('accepts %s', (password) => {
    expect(isCommon(password)).toBe(false)
  })

  it.each([
    '4d4.l0v3l4c3.1815',
    'L0velac3L0velac3!',
    'a-d-a l o v e l a c e',
    '!!!!!!!!!!AdaLovelace1234567',
    'iamadalovelace1815',
    'lovelace-password-1',
    'AcmeAnalytical2026',
  ])(
    'S57: rejects %s: except for a few letters and padding it consists of words that are easy to guess',
    (password) => {
      expect(isCommon(password)).toBe(true)
    },
  )

  it.each(['lovelace by the harbour', 'acme of quiet marble', 'my example is a long one'])(
    'accepts %s, in which an own word is one of several',
    (password) => {
      expect(isCommon(password)).toBe(false)
    },
  )
})

it('detects the parts of an application name that has several words', () => {
  for (const password of ['acme-shopacme-shop!', 'AcmeShop-2026', 'shopshopshop acme']) {
    expect(isCommonPassword(password, owner, 'acme-shop')).toBe(true)
  }
})

describe('the time to check a password', () => {
  const letters = { email: 'a@b.example', name: 'aaa aaaa' }
  const manyWords = { email: `${'a'.repeat(64)}@${'a'.repeat(60)}.example`, name: wordsOf('a', 12) }
  const shapes = {
    'one letter and another': (length: number) => `${'a'.repeat(length)}b`,
    'one letter behind another': (length: number) => `b${'a'.repeat(length)}`,
    'almost a word, over and over': (length: number) => 'aab'.repeat(length / 3),
    'letters around a long padding': (length: number) => `a${'!'.repeat(length)}a`,
    'disguised letters': (length: number) => `${'4'.repeat(length)}b`,
    'what was made of common words': (length: number) => `${'love'.repeat(length / 4)}z`,
  }
  const cases = Object.entries(shapes).flatMap(([name, shape]) => [
    { name, shape, owner: letters },
    { name: `${name}, for an owner of many words`, shape, owner: manyWords },
  ])

  // One password and 32 passwords with the same number of characters in total: linear work takes the same time.
  // Other processes can make it longer, but nothing makes work that grows faster seem linear.
  it.each(cases)('S57: grows no faster than its length: $name', { retry: 4 }, ({ shape, owner: of }) => {
    const [short, long] = [shape(2 ** 10), shape(2 ** 15)]
    const many = fastest(() => Array.from({ length: 32 }, () => isCommonPassword(short, of, 'acme')))
    expect(fastest(() => isCommonPassword(long, of, 'acme')) / many).toBeLessThan(16)
  })

  it.each(['loveloverlovely'.repeat(17), 'a'.repeat(88), 'a'.repeat(254)])(
    'S57: of %sb takes a fraction of the time of a hash',
    (start) => {
      isCommonPassword('warm', letters, 'acme')
      const judging = fastest(() => isCommonPassword(`${start}b`, letters, 'acme'))
      expect(judging).toBeLessThan(fastest(() => bcrypt.hashSync('x', 12)) / 4)
    },
  )

  it('S57: does not grow with an address or a name longer than the schemas allow', () => {
    const beyond = { email: `${wordsOf('b', 2_000)}@x.example`, name: wordsOf('a', 2_000) }
    const ratio =
      fastest(() => isCommonPassword('aab'.repeat(80), beyond, 'acme')) / fastest(() => isCommon('aab'.repeat(80)))
    expect(ratio).toBeLessThan(100)
  })
})

/** Words of one letter, each longer than the previous one. */
function wordsOf(letter: string, count: number): string {
  return Array.from({ length: count }, (_, index) => letter.repeat(3 + index)).join(' ')
}

/** The shortest of several runs, because other processes can only make a run longer. */
function fastest(work: () => unknown): number {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}
