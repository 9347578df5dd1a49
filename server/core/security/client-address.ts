import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'

/**
 * The network by which limits count an address: an IPv4 address itself, also in its IPv6 forms, and the /64 of an IPv6
 * address, which is the smallest network that a subscriber gets.
 *
 * @param ip from the socket or a trusted proxy, with or without a port or a zone; all other strings count as one
 *   network, and so does undefined, the address of a socket that was reset, although Fastify's type does not say so
 */
export function clientNetwork(ip: string | undefined): string {
  const address = ip ?? ''
  let network = networks.get(address)
  if (network === undefined) {
    network = networkOf(address)
    // A copy, because a part of a header would keep the whole header in memory.
    if (address.length <= longestAddress) networks.set(Buffer.from(address).toString(), network)
  }
  return network
}

// With a port and a zone.
const longestAddress = 80
// Each request asks several times for the network of its client.
const networks = new LRUCache<string, string>({ max: 10_000 })

function networkOf(ip: string): string {
  const text = withoutPort(ip).replace(/%.*$/, '')
  if (!ipaddr.isValid(text)) return 'unknown'
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.toString()
  const bytes = address.toByteArray()
  if (translated.some((network) => address.match(network))) return bytes.slice(12).join('.')
  // The site chooses the position of the IPv4 address, but each client has exactly one.
  if (address.match(translatedLocally)) return address.toString()
  return `${new ipaddr.IPv6([...bytes.slice(0, 8), ...Array<number>(8).fill(0)]).toString()}/64`
}

/** Prefixes of translators, with an IPv4 address in the last 32 bits: RFC 6052 section 2.1, RFC 7915. */
const translated = ['64:ff9b::/96', '::ffff:0:0:0/96'].map((network) => ipaddr.IPv6.parseCIDR(network))
/** RFC 8215. */
const translatedLocally = ipaddr.IPv6.parseCIDR('64:ff9b:1::/48')

// Some proxies add the port to X-Forwarded-For, and it differs for each connection.
function withoutPort(ip: string): string {
  return ip.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
}

/**
 * Explains, as a clause, why a text is not a network of proxies that may be trusted; undefined if it is one. Very wide
 * networks may contain clients, which could then forge their addresses.
 */
export function proxyNetworkFault(value: string): string | undefined {
  // The parser accepts short and octal forms of IPv4 addresses, which programs interpret differently.
  const [text = '', prefix = ''] = value.split('/')
  const isSpelledOut = ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text)
  if (!isSpelledOut || !/^\d{1,3}$/.test(prefix) || !ipaddr.isValidCIDR(value)) return 'is not in CIDR notation'
  const [address, length] = ipaddr.parseCIDR(value)
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) return 'must be written as an IPv4 network'
  return length < shortestPrefix[address.kind()]
    ? 'is so large that it may contain clients, which could then choose their own address'
    : undefined
}

/** The widest networks for private use: 10.0.0.0/8 (RFC 1918), fc00::/7 (RFC 4193). */
const shortestPrefix = { ipv4: 8, ipv6: 7 }
