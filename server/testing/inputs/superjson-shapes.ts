/** Creates superjson, valid or not, of about so many bytes. */
export type Shape = (bytes: number) => string

/** Text parts joined by commas. */
export const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: Math.max(1, Math.floor(count)) }, (_, index) => text(index)).join(',')
const numbers = (bytes: number) => times(bytes / 7, (index) => String(index))
const annotated = (json: string, values: string, equalities?: string) =>
  `{"json":${json},"meta":{"values":${values}${equalities ? `,"referentialEqualities":${equalities}` : ''}}}`
const pathsOf = (bytes: number) => times(bytes / 9, (index) => `"${index}"`)
const dotted = (depth: number) => 'a.'.repeat(Math.max(0, depth - 1)).concat('a')
const nested = (depth: number, open: string, core: string, close: string) =>
  open.repeat(Math.max(1, Math.floor(depth))) + core + close.repeat(Math.max(1, Math.floor(depth)))

/** The parts of superjson that the server reads: types, their paths, equal references, and the JSON below them. */
export const shapes: Readonly<Record<string, Shape>> = {
  'many types': (bytes) =>
    annotated(
      `{${times(bytes / 36, (index) => `"k${index}":1`)}}`,
      `{${times(bytes / 36, (index) => `"k${index}":["Date"]`)}}`,
    ),
  'undefined, many': (bytes) =>
    annotated(
      `{${times(bytes / 40, (i) => `"k${i}":null`)}}`,
      `{${times(bytes / 40, (i) => `"k${i}":["undefined"]`)}}`,
    ),
  'a tree of types': (bytes) => annotated('{}', nested(bytes / 16, '["map",{"0":', '["Date"]', '}]')),
  'a tree of places': (bytes) => annotated('{}', nested(bytes / 6, '{"a":', '["Date"]', '}')),
  'deep places, one': (bytes) => annotated(nested(bytes / 8, '{"a":', '1', '}'), `{"${dotted(bytes / 8)}":["Date"]}`),
  'deep places, many': (bytes) => {
    const depth = Math.sqrt(bytes / 4)
    const keys = times(bytes / (2 * depth + 14), (index) => `"${dotted(depth)}.k${index}":["Date"]`)
    return annotated(nested(depth, '{"a":', '{}', '}'), `{${keys}}`)
  },
  'places below one': (bytes) => {
    const depth = bytes / 30
    const below = times(bytes / 36, (index) => `"k${index}":["undefined"]`)
    return annotated(nested(depth, '{"a":', '{}', '}'), `{"${dotted(depth)}":{${below}}}`)
  },
  'equalities in a set': (bytes) => annotated(`[${numbers(bytes / 2)}]`, '["set"]', `{"0":[${pathsOf(bytes / 2)}]}`),
  'equalities in a map': (bytes) =>
    annotated(
      `[${times(bytes / 24, (i) => `[${i},1]`)}]`,
      '["map"]',
      `{"0":[${times(bytes / 24, (i) => `"${i}.1"`)}]}`,
    ),
  'equalities of lists': (bytes) => annotated(`[${numbers(bytes / 2)}]`, '{}', `[[${pathsOf(bytes / 2)}]]`),
  'equalities, deep': (bytes) => {
    const depth = Math.sqrt(bytes / 4)
    const paths = times(bytes / (2 * depth + 8), (index) => `"${dotted(depth)}.${index}"`)
    return annotated(nested(depth, '{"a":', '[]', '}'), '{}', `{"a":[${paths}]}`)
  },
  'a set': (bytes) => annotated(`[${numbers(bytes)}]`, '["set"]'),
  'sets in sets': (bytes) =>
    annotated(nested(bytes / 20, '[', '1', ']'), nested(bytes / 20, '["set",{"0":', '["set"]', '}]')),
  'a map': (bytes) => annotated(`[${times(bytes / 12, (index) => `[${index},1]`)}]`, '["map"]'),
  'typed arrays': (bytes) =>
    annotated(
      `[${times(bytes / 60, () => '[9e8]')}]`,
      `{${times(bytes / 60, (i) => `"${i}":[["typed-array","Float64Array"]]`)}}`,
    ),
  bigint: (bytes) => annotated(`"${'9'.repeat(bytes)}"`, '["bigint"]'),
  bigints: (bytes) =>
    annotated(
      `[${times(bytes / 60, () => `"${'9'.repeat(30)}"`)}]`,
      `{${times(bytes / 60, (i) => `"${i}":["bigint"]`)}}`,
    ),
  'a URL': (bytes) => annotated(`"http://${'a.'.repeat(bytes / 2)}a/"`, '["URL"]'),
  'a pattern': (bytes) => annotated(`"/${'(a+)+'.repeat(bytes / 5)}$/"`, '["regexp"]'),
  'an error': (bytes) => annotated(`{"name":"Error","message":"${'m'.repeat(bytes)}"}`, '["Error"]'),
  'a class': (bytes) => annotated(`{"a":"${'a'.repeat(bytes)}"}`, '[["class","Object"]]'),
  prototypes: (bytes) => annotated('{}', `{${times(bytes / 34, (i) => `"__proto__.k${i}":["undefined"]`)}}`),
  'deep JSON': (bytes) => `{"json":${nested(bytes / 2, '[', '1', ']')}}`,
  'one key again and again': (bytes) => `{"json":{${times(bytes / 9, () => '"name":1')}}}`,
  'a long number': (bytes) => `{"json":${'9'.repeat(bytes)}}`,
}
