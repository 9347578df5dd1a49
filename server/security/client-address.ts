import ipaddr from 'ipaddr.js'

/**
 * The network that limits count an address under: an IPv4 address by itself, also in its IPv6 form, and an IPv6
 * address by its /64, which is the least that one subscriber gets.
 *
 * @param ip as the socket or a trusted proxy tells it, with a port or a zone or without; all that is no address counts
 *   as one
 */
export function clientNetwork(ip: string): string {
  const text = withoutPort(ip).replace(/%.*$/, '')
  if (!ipaddr.isValid(text)) return 'unknown'
  const address = ipaddr.process(text)
  if (address.kind() === 'ipv4') return address.toString()
  return `${new ipaddr.IPv6([...address.toByteArray().slice(0, 8), ...Array<number>(8).fill(0)]).toString()}/64`
}

// Some proxies write the port into X-Forwarded-For, and it is another one for each connection.
function withoutPort(ip: string): string {
  return ip.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
}

/** Whether a text is an IPv4 or IPv6 network in CIDR notation, such as `10.0.0.0/8`. */
export function isCidr(value: string): boolean {
  // The parser takes short and octal forms of IPv4 addresses, which mean different networks to different readers.
  const [address = '', prefix = ''] = value.split('/')
  const isSpelledOut = ipaddr.IPv6.isValid(address) || ipaddr.IPv4.isValidFourPartDecimal(address)
  return isSpelledOut && /^\d{1,3}$/.test(prefix) && ipaddr.isValidCIDR(value)
}
