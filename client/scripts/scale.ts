import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

// What the compiler has to work out for a call of a router with 500 procedures, compared with one of 20. The compiler
// counts it, so that it is the same on every machine; the time of the check grows less than that.
const factorMax = 8

/** Checks in a project with the packed client that the types of a large router stay cheap. */
export function checkScale(folder: string, compiler: string): void {
  const [small, large] = [20, 500].map((count) => countTypes(folder, compiler, count))
  assert(small && large, 'The compiler does not print how many types it has made.')
  const factor = large / small
  assert(factor <= factorMax, `500 procedures cost ${factor.toFixed(1)} times as many types as 20.`)
  console.log(`A router of 500 procedures costs ${factor.toFixed(1)} times as many types as one of 20.`)
}

function countTypes(folder: string, compiler: string, procedures: number): number {
  const name = `router-${procedures}.ts`
  writeFileSync(join(folder, name), routerOf(procedures))
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
  const command = [compiler, ...options, '--ignoreConfig', '--extendedDiagnostics', name]
  const { stdout } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' })
  assert(!stdout.includes('error TS'), stdout)
  return Number(/^Types:\s+(\d+)$/m.exec(stdout)?.[1])
}

// In the form in which the declaration of the package has its router.
function routerOf(procedures: number): string {
  const verb = (index: number) => `verb${index}: TRPCQueryProcedure<{
    meta: unknown
    input: { id: string; status?: 'a' | 'b' | undefined; cursor?: string | undefined }
    output: { items: { id: string; name: string; at: Date }[]; meta: { total: number } }
  }>`
  const noun = (index: number) => `noun${index}: { ${[0, 1, 2, 3, 4].map(verb).join('\n')} }`
  const nouns = Array.from({ length: procedures / 5 }, (_, index) => noun(index))
  return `import { createTRPCClient } from '@trpc/client'
import type { TRPCBuiltRouter, TRPCQueryProcedure } from '@trpc/server'
type Errors = { message: string; code: number; data: { code: string } }
type Root = { ctx: object; meta: object; transformer: true; errorShape: Errors }
type Router = TRPCBuiltRouter<Root, { ${nouns.join('\n')} }>
declare const api: ReturnType<typeof createTRPCClient<Router>>
export const at: Date | undefined = (await api.noun0.verb0.query({ id: 'a' })).items[0]?.at
`
}
