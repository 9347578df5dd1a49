import { expect, test } from 'vitest'
import { emailSchema, nameSchema } from './schema.js'

test('S25: an address is trimmed and lower-cased before it is looked at', () => {
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
])('S25: an address with %s is refused', (_name, address) => {
  expect(emailSchema.safeParse(address).success).toBe(false)
})

test('a name is trimmed, has 1 to 100 characters and stands on one line', () => {
  expect(nameSchema.parse(' Søren Kjær ')).toBe('Søren Kjær')
  const refused = ['', '   ', 'a'.repeat(101), 'Ada\nEve', 'Ada\u0007', 'Ada\ud800']
  expect(refused.filter((name) => nameSchema.safeParse(name).success)).toEqual([])
})
