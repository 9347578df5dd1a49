/**
 * The path and query of a request. A client may send a whole URL (RFC 9112 section 3.2.2). Its host is not trustworthy
 * and is not used in responses and logs.
 */
export function requestTarget({ url }: { url: string }): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '')
}
