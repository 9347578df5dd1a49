import fc from 'fast-check'

/** What a request has beside the call that it makes, or instead of its parts. */
export interface OddRequest {
  headers: Readonly<Record<string, string>>
  /** The body, in place of that of the call; a query is added to the address. */
  body?: string | Buffer
  query?: string
}

/** Generates requests that clients rarely send: other types and encodings, malformed credentials, conditions and JSON. */
export function oddRequests(): fc.Arbitrary<OddRequest> {
  const headers = Object.entries(headerValues).map(([name, values]) =>
    fc.record({ [name]: fc.constantFrom(...values) }),
  )
  return fc.record(
    {
      headers: fc.oneof(...headers),
      body: fc.constantFrom(...bodies),
      query: fc.constantFrom(...queries),
    },
    { requiredKeys: ['headers'] },
  )
}

const long = (unit: string, length: number) => unit.repeat(length / unit.length)
const entityTags = [
  '',
  '*',
  '"1"',
  'W/"1"',
  '"1", "2"',
  '"1","1"',
  '1',
  '"',
  '"1',
  ',',
  '*, "1"',
  '"0"',
  '"99999999999"',
  '"é"',
]

const headerValues: Readonly<Record<string, readonly string[]>> = {
  accept: ['', 'text/html', 'application/xml;q=0.9', 'application/json;q=0', '*/*;q=x', ','],
  'accept-encoding': ['gzip', 'identity;q=0', '*;q=0'],
  'accept-language': ['xx', '*', ''],
  authorization: [
    '',
    'Bearer',
    'Bearer ',
    'bearer a b',
    'Basic YTpi',
    'Digest a=b',
    'Bearer é',
    `Bearer ${long('a', 5000)}`,
    'Bearer a.b.c',
  ],
  'content-encoding': ['gzip', 'identity', 'br, gzip', 'x', ''],
  'content-type': [
    ['', 'text/plain', 'application', 'application/json;', 'APPLICATION/JSON', 'application/json, text/plain'],
    ['application/json; charset=utf-16', 'application/json; charset="utf-8"', 'application/problem+json'],
    ['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/xml', '*/*', 'é/é'],
  ].flat(),
  cookie: ['', '=', ';;;', 'a', 'app_refresh_3000=', `app_refresh_3000=${long('A', 43)}`, '__proto__=1'],
  'idempotency-key': ['', ' ', 'é', 'a b', 'a,b', '"quoted"', long('a', 255), long('a', 256), 'a key', '\t'],
  'if-match': entityTags,
  'if-none-match': entityTags,
  'if-modified-since': ['x', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  origin: ['null', '', 'https://evil.example', 'http://app.localhost:5173', 'é'],
  range: ['bytes=0-1', 'bytes=-', 'x'],
  'user-agent': ['', long('a', 5000), 'é\t'],
  'x-forwarded-for': ['', '1.2.3.4, x', '::1', 'unknown'],
  'x-http-method-override': ['DELETE', 'GET'],
  'x-request-id': ['', 'short', 'a request id', long('a', 64), long('a', 65), 'é'],
}

const bodies: readonly (string | Buffer)[] = [
  ['', ' ', '{', '{}', '[]', '[{}]', 'null', 'true', '"x"', '0', '-0', '1e999', '{"a":1e400}', 'NaN', 'undefined'],
  ['{a:1}', "{'a':1}", '{"a":1,}', '{}{}', '{"a":1,"a":2}', '\ufeff{}', '// x\n{}', '{"":""}', '{"a":"\\ud800"}'],
  ['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}', '{"a":"\\u0000"}', '{"id":"x"}', '{"version":1e300}'],
  [`${long('[', 5000)}${long(']', 5000)}`, `${long('{"a":', 5000)}1${long('}', 1000)}`, `[${long('0,', 40_000)}0]`],
  [long('9', 100_000), `"${long('\u{1f469}', 100_000)}"`, `{"${long('k', 2000)}":1}`, long(' ', 300_000)],
  [
    Buffer.from([0x22, 0xff, 0x22]),
    Buffer.from([0]),
    Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]),
    Buffer.from('{"a":"\0"}'),
  ],
].flat()

const queries: readonly string[] = [
  ['?', '?a', '?=', '?&&', '?a=1&a=2', '?limit=1&limit=2', '?limit[]=1', '?limit=', '?limit=%2B1', '?limit=1%00'],
  ['?__proto__=1', '?__proto__[a]=1', '?constructor=1', '?%00=1', '?q=%ED%A0%80', '?q=%zz', '?q=%', '?q=%EF%BF%BD'],
  ['?q=%00', '?q=a%0Ab', '?cursor=', '?cursor=%00', '?cursor=bnVsbA', '?id=1', '?version=1', `?${long('a=1&', 8000)}`],
  [`?q=${long('a', 10_000)}`, `?cursor=${long('A', 10_000)}`],
].flat()
