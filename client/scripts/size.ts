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

let isOver = false
for (const budget of budgets) {
  const bytes = await sizeOf(budget)
  if (bytes > budget.bytesMax) isOver = true
  const verdict = bytes > budget.bytesMax ? 'TOO LARGE' : 'ok'
  console.log(`${budget.name}: ${bytes} of ${budget.bytesMax} bytes, ${verdict}`)
}
process.exitCode = isOver ? 1 : 0

async function sizeOf({ code, external = [] }: Pick<Budget, 'code' | 'external'>): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: built },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}
