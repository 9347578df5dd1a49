import bcrypt from 'bcrypt'
import { describe, expect, it } from 'vitest'
import { commonPasswords } from './common-passwords.js'
import { isCommonPassword } from './password-blocklist.js'

const owner = { email: 'ada.lovelace@analytical.example', name: 'Ada Lovelace' }
const isCommon = (password: string) => isCommonPassword(password, owner)

describe('the blocklist', () => {
  it('S3: holds more than 3000 common passwords of 15 characters and more, and refuses each', () => {
    const long = [...commonPasswords().listed].filter((password) => [...password].length >= 15)
    expect(long.length).toBeGreaterThan(3000)
    expect(long.filter((password) => !isCommon(password))).toEqual([])
    expect(long.slice(0, 200).filter((password) => !isCommon(password.toUpperCase()))).toEqual([])
  })

  it('S3: serves shorter policies too', () => {
    const short = [...commonPasswords().listed].filter(({ length }) => length >= 8 && length < 15)
    expect(short.length).toBeGreaterThan(3000)
  })

  it.each([
    'plinthplinthplinth',
    'Plinth-Plinth-2026',
    'PlinthPassword1234!',
    'p4ssw0rdp4ssw0rd',
    'passw0rd123456789',
    'password1password2',
    'qwertyuiopasdfghjkl',
    '1234567890987654321',
    'abcdefghijklmnop',
    'aaaaaaaaaaaaaaaaaaa',
    'x7!x7!x7!x7!x7!x7!',
  ])('S3: refuses the pattern %s', (password) => {
    expect(isCommon(password)).toBe(true)
  })

  it.each([
    'ada.lovelace@analytical.example',
    'ada.lovelace.2026',
    'LovelaceLovelace',
    '!!!AdaLovelace!!!',
    'analytical-ada-1815',
  ])("S3: refuses %s, made of the owner's own words", (password) => {
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

  it('judges the longest password in a fraction of what hashing it takes', () => {
    isCommon('warm')
    const judging = timed(() => isCommon(`${'loveloverlovely'.repeat(17)}z`))
    expect(judging).toBeLessThan(timed(() => bcrypt.hashSync('x', 12)))
  })
})

function timed(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}
