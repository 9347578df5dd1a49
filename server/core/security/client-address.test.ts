import { describe, expect, it } from 'vitest'
import { clientNetwork, proxyNetworkFault } from './client-address.js'

describe('clientNetwork', () => {
  it('S10: counts addresses of one IPv6 /64 together, and those of another /64 separately', () => {
    expect(clientNetwork('2001:db8:1:2::1')).toBe(clientNetwork('2001:db8:1:2:ffff:ffff:ffff:ffff'))
    expect(clientNetwork('2001:db8:1:2::1')).not.toBe(clientNetwork('2001:db8:1:3::1'))
  })

  it('S60: counts sockets without an address as one network', () => {
    expect(clientNetwork(undefined)).toBe(clientNetwork('no address'))
  })

  it('S10: counts an IPv4 address in its IPv6 form as the same address', () => {
    expect(clientNetwork('::ffff:192.0.2.7')).toBe('192.0.2.7')
    expect(clientNetwork('::ffff:c000:0207')).toBe('192.0.2.7')
    expect(clientNetwork('192.0.2.7')).not.toBe(clientNetwork('192.0.2.8'))
  })

  it.each([
    ['64:ff9b::192.0.2.7', '64:ff9b::c000:208'],
    ['::ffff:0:192.0.2.7', '::ffff:0:c000:208'],
  ])('S60: counts an IPv4 client behind a translator (%s) by its own address', (one, other) => {
    expect(clientNetwork(one)).toBe('192.0.2.7')
    expect(clientNetwork(other)).toBe('192.0.2.8')
  })

  it('S60: counts clients behind a local translator separately, wherever it puts their addresses', () => {
    const ends = ['c000:207', 'c000:208', 'c000:0207:0:0', 'c000:0208:0:0', 'ff:c000:2:700', 'ff:c000:2:800']
    const networks = ends.map((end) => clientNetwork(`64:ff9b:1::${end}`))
    expect(new Set(networks).size).toBe(ends.length)
    expect(clientNetwork('64:FF9B:1:0:0:0:192.0.2.7%eth0')).toBe(networks[0])
  })

  it('S60: counts an address that only resembles a translated one by its /64', () => {
    for (const ip of ['64:ff9b:2::192.0.2.7', '64:ff9b:0:0:1::7', '64:ff9c::192.0.2.7', '::fffe:0:192.0.2.7']) {
      expect(clientNetwork(ip)).toMatch(/\/64$/)
    }
  })

  it('S10: ignores the port that a proxy adds, and the zone of a link-local address', () => {
    expect(clientNetwork('192.0.2.7:50123')).toBe('192.0.2.7')
    expect(clientNetwork('[2001:db8:1:2::1]:50123')).toBe(clientNetwork('2001:db8:1:2::2'))
    expect(clientNetwork('fe80::1%eth0')).toBe(clientNetwork('fe80::2'))
  })

  it('S10: counts all values that are not addresses as one', () => {
    expect(new Set(['unknown', 'x', '', '192.0.2.7:x', '_hidden', 'x'.repeat(9000)].map(clientNetwork)).size).toBe(1)
  })
})

describe('networks of proxies', () => {
  it.each(['10.0.0.0/8', '192.0.2.7/32', '::1/128', '2001:db8::/32', 'fc00::/7'])('may be %s', (value) => {
    expect(proxyNetworkFault(value)).toBeUndefined()
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
  ])('S10: are not %j', (value) => {
    expect(proxyNetworkFault(value)).toBe('is not in CIDR notation')
  })

  it.each(['0.0.0.0/0', '10.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '::/0', 'fd00::/0', '2000::/3'])(
    'S60: are not %s, which contains clients',
    (value) => {
      expect(proxyNetworkFault(value)).toContain('may contain clients')
    },
  )

  it.each(['::ffff:0.0.0.0/96', '::ffff:10.0.0.0/104', '::ffff:0:0/0'])('S60: are not %s, an IPv4 network', (value) => {
    expect(proxyNetworkFault(value)).toContain('IPv4')
  })
})
