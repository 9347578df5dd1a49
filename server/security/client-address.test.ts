import { describe, expect, it } from 'vitest'
import { clientNetwork, isCidr } from './client-address.js'

describe('clientNetwork', () => {
  it('S10: counts addresses of one IPv6 /64 together, and those of another apart', () => {
    expect(clientNetwork('2001:db8:1:2::1')).toBe(clientNetwork('2001:db8:1:2:ffff:ffff:ffff:ffff'))
    expect(clientNetwork('2001:db8:1:2::1')).not.toBe(clientNetwork('2001:db8:1:3::1'))
  })

  it('S10: counts an IPv4 address in its IPv6 form as the same address', () => {
    expect(clientNetwork('::ffff:192.0.2.7')).toBe('192.0.2.7')
    expect(clientNetwork('::ffff:c000:0207')).toBe('192.0.2.7')
    expect(clientNetwork('192.0.2.7')).not.toBe(clientNetwork('192.0.2.8'))
  })

  it('S10: leaves out the port that a proxy writes, and the zone of a link-local address', () => {
    expect(clientNetwork('192.0.2.7:50123')).toBe('192.0.2.7')
    expect(clientNetwork('[2001:db8:1:2::1]:50123')).toBe(clientNetwork('2001:db8:1:2::2'))
    expect(clientNetwork('fe80::1%eth0')).toBe(clientNetwork('fe80::2'))
  })

  it('S10: counts all that is no address as one', () => {
    expect(new Set(['unknown', 'x', '', '192.0.2.7:x', '_hidden', 'x'.repeat(9000)].map(clientNetwork)).size).toBe(1)
  })
})

describe('isCidr', () => {
  it.each(['10.0.0.0/8', '192.0.2.7/32', '0.0.0.0/0', '::1/128', '2001:db8::/32'])('takes %s', (value) => {
    expect(isCidr(value)).toBe(true)
  })

  it.each([
    'true',
    '1',
    '10.0.0.0',
    '10.0.0.0/33',
    '300.0.0.0/8',
    '10/8',
    '0x0a.0.0.0/8',
    '::1/129',
    '::1',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '',
  ])('S10: refuses %j', (value) => {
    expect(isCidr(value)).toBe(false)
  })
})
