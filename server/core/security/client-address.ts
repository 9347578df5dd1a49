import ipaddr from 'ipaddr.js'

/**
 * The network that limits count an address under: an IPv4 address by itself, also in its IPv6 forms, and an IPv6
 * address by its /64, which is the least that one subscriber gets.
 *
 * @param ip as the socket or a trusted proxy tells it, with a port or a zone or without; all that is no address counts
 *   as one
 */
export function clientNetwork(ip: string): string {
  const text = withoutPort(ip).replace(/%.*$/, '')
  if (!ipaddr.isValid(text)) return 'unknown'
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.toString()
  const bytes = address.toByteArray()
  if (translated.some((network) => address.match(network))) return bytes.slice(12).join('.')
  // Where the IPv4 address stands in it is the site's choice, but each client has one such address.
  if (address.match(translatedLocally)) return address.toString()
  return `${new ipaddr.IPv6([...bytes.slice(0, 8), ...Array<number>(8).fill(0)]).toString()}/64`
}

/** Prefixes of translators, which hold an IPv4 address in the last 32 bits: RFC 6052 section 2.1, RFC 7915. */
const translated = ['64:ff9b::/96', '::ffff:0:0:0/96'].map((network) => ipaddr.IPv6.parseCIDR(network))
/** RFC 8215. */
const translatedLocally = ipaddr.IPv6.parseCIDR('64:ff9b:1::/48')

// Some proxies write the port into X-Forwarded-For, and it is another one for each connection.
function withoutPort(ip: string): string {
  return ip.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
}

/**
 * What keeps a text from naming a network of proxies, as a clause for people; undefined for a network in CIDR notation
 * that may be trusted. One so wide that clients may be in it is refused: they would name their own addresses.
 */
export function proxyNetworkFault(value: string): string | undefined {
  // The parser takes short and octal forms of IPv4 addresses, which mean different networks to different readers.
  const [text = '', prefix = ''] = value.split('/')
  const isSpelledOut = ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text)
  if (!isSpelledOut || !/^\d{1,3}$/.test(prefix) || !ipaddr.isValidCIDR(value)) return 'is not in CIDR notation'
  const [address, length] = ipaddr.parseCIDR(value)
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) return 'must be written as an IPv4 network'
  return length < shortestPrefix[address.kind()]
    ? 'is so large that it may contain clients, which could then choose their own address'
    : undefined
}

/** As wide as the networks for private use: 10.0.0.0/8 (RFC 1918), fc00::/7 (RFC 4193). */
const shortestPrefix = { ipv4: 8, ipv6: 7 }
