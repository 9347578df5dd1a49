import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const built = join(import.meta.dirname, '../dist/client')

interface Budget {
  name: string
  /** What a page imports. */
  code: string
  /** In bytes, bundled, minified and compressed by gzip, with everything that it loads. */
  bytesMax: number
  /** What every page of this kind has anyway. */
  external?: string[]
}

type Imports = Pick<Budget, 'code' | 'external'>

const serverFile = /client\/next[^/]*\.js$/
const { name } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
const forms = Object.keys(await import(join(built, 'schemas.js')))
const coreCode = `export { createApiClient, apiError } from './index.js'`
const ofReact = ['react', '@tanstack/react-query', '@trpc/tanstack-react-query']
const budgets: Budget[] = [
  { name: 'core', code: coreCode, bytesMax: 14 * 1024 },
  {
    name: 'core and React',
    code: `${coreCode}; export * from './react.js'`,
    bytesMax: (await sizeOf({ code: coreCode })) + 1536,
    external: ofReact,
  },
  ...forms.map((form) => ({
    name: `one form (${form})`,
    code: `export { ${form} } from './schemas.js'`,
    bytesMax: 10 * 1024,
  })),
]

// What `/next` consists of stays on servers.
const { metafile } = await bundle({ code: `${coreCode}; export * from './react.js'`, external: ofReact })
const forServers = Object.keys(metafile.inputs).filter((file) => serverFile.test(file))
const refusal = await bundle({ code: `import '${name}/next'` }).then(
  () => null,
  () => 'bundlers for browsers refuse it',
)
console.log(
  `Next: ${forServers.length} of 0 files in the browser, ${refusal ?? 'NOT REFUSED by bundlers for browsers'}`,
)

let isOver = forServers.length > 0 || refusal === null
for (const budget of budgets) {
  const bytes = await sizeOf(budget)
  if (bytes > budget.bytesMax) isOver = true
  const verdict = bytes > budget.bytesMax ? 'TOO LARGE' : 'ok'
  console.log(`${budget.name}: ${bytes} of ${budget.bytesMax} bytes, ${verdict}`)
}
process.exitCode = isOver ? 1 : 0

async function sizeOf(imports: Imports): Promise<number> {
  const { outputFiles } = await bundle(imports)
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}

function bundle({ code, external = [] }: Imports) {
  return build({
    stdin: { contents: code, resolveDir: built },
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
  })
}
