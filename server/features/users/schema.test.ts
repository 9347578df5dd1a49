import { expect, test } from 'vitest'
import { passwordSchema } from '../../core/fields/schema.js'
import { Role } from '../../generated/client.js'
import { profileFields } from './profile/schema.js'
import { emailSchema, userSchema } from './schema.js'

test('roleSchema has the same roles as the enum Role of prisma/schema.prisma', () => {
  expect(userSchema.shape.role.options).toEqual(Object.values(Role))
})

test('S25: an address is trimmed and lower-cased before it is validated', () => {
  expect(emailSchema.parse('  Ada.Lovelace+Notes@Example.COM ')).toBe('ada.lovelace+notes@example.com')
})

test.each([
  ['a quoted local part', '"ada"@example.com'],
  ['a comment', 'ada(home)@example.com'],
  ['a display name', 'Ada <ada@example.com>'],
  ['two addresses', 'ada@example.com,eve@example.com'],
  ['a line break inside', 'ada@example.com\r\nBcc: eve@example.com'],
  ['a line break at the end, although trimming would drop it', 'ada@example.com\n'],
  ['a NUL', 'ada\u0000@example.com'],
  ['a separator that trimming would drop', 'ada@example.com\u2028'],
  ['an address literal', 'ada@[127.0.0.1]'],
  ['no domain', 'ada@localhost'],
  ['two dots', 'ada..l@example.com'],
  ['a percent sign', 'ada%example.org@example.com'],
  ['a Kelvin sign, which becomes a k in lower case', '\u212Aate@example.com'],
  ['a Cyrillic letter', '\u0430da@example.com'],
  ['more than 254 characters', `ada@${'a.'.repeat(130)}example.com`],
  ['brackets around it', ['ada@example.com']],
])('S25: an address with %s is rejected', (_name, address) => {
  expect(emailSchema.safeParse(address).success).toBe(false)
})

test('a name is trimmed, has 1 to 100 characters and is a single line', () => {
  expect(profileFields.name.parse(' Søren Kjær ')).toBe('Søren Kjær')
  const refused = ['', '   ', 'a'.repeat(101), 'Ada\nEve', 'Ada\u0007', 'Ada\ud800']
  expect(refused.filter((name) => profileFields.name.safeParse(name).success)).toEqual([])
})

test.each([
  'user@example.xn--p1ai',
  'user@xn--80akhbyknj4f.xn--p1ai',
  'USER@EXAMPLE.XN--P1AI',
  'user@xn--fiq228c.xn--fiqs8s',
  'user@a.b.c.museum',
  `${'a'.repeat(64)}@example.com`,
  `user@${'a'.repeat(63)}.com`,
])('S89: %s is an address', (address) => {
  expect(emailSchema.safeParse(address).success).toBe(true)
})

test.each([
  ['65 characters before the @', `${'a'.repeat(65)}@example.com`],
  ['a label of 64', `user@${'a'.repeat(64)}.com`],
  ['255 in all', `${'a'.repeat(60)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.com`.padEnd(255, 'm')],
  ['a label that begins with a hyphen', 'user@-example.com'],
  ['a label that ends with one', 'user@example-.com'],
  ['a top-level domain of digits', 'user@example.123'],
  ['an empty ASCII form', 'user@example.xn--'],
  ['a top-level domain of 64', `user@example.${'a'.repeat(64)}`],
])('S89: an address with %s is rejected', (_what, address) => {
  expect(emailSchema.safeParse(address).success).toBe(false)
})

test.each([
  ['a zero width space', '\u200b'],
  ['Hangul fillers', '\u3164\u115f\u1160\uffa0'],
  ['a blank Braille pattern', '\u2800'],
  ['a soft hyphen', '\u00ad\u00ad'],
  ['joiners alone', '\u200d\u200c'],
  ['an object replacement', '\ufffc'],
  ['variation selectors', '\ufe0f\u{e0100}'],
  ['a combining mark alone', '\u0301'],
  ['tag letters', 'Ada\u{e0041}\u{e0042}'],
  ['a right-to-left override', 'Ada \u202egnp.exe'],
  ['an isolate', 'Ada \u2067x\u2069'],
  ['a right-to-left mark', 'Ada\u200f'],
  ['an Arabic letter mark', 'Ada\u061c'],
])('S90: a name of %s is rejected', (_what, name) => {
  expect(profileFields.name.safeParse(name).success).toBe(false)
})

test.each([
  'Søren Kjær',
  'مریم میرزاخانی',
  'می\u200cخواهم',
  'ක්\u200dරිස්තු',
  '劉備\u{e0100}',
  '김 민준',
  'שָׂרָה',
  'Nguyễn Thị Ánh',
  'ภาสกร',
  'O’Brien-Śmigły Jr.',
  '🦊',
  '👩\u200d🚀 Ada',
  '⠁⠙⠁\u2800⠇',
  '!Xóõ',
])('S90: %s is a name', (name) => {
  expect(profileFields.name.parse(name)).toBe(name)
})

test('S88: a password may not contain a lone surrogate', () => {
  expect(passwordSchema.safeParse('a quiet harbour \ud800').success).toBe(false)
  expect(passwordSchema.safeParse('a quiet harbour \udc00 x').success).toBe(false)
  expect(passwordSchema.safeParse('a quiet harbour 🔑').success).toBe(true)
})
