import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Import, importsOf, reachableFrom } from './scripts/imports.js'

const root = join(import.meta.dirname, '..')

describe('the imports of the client', () => {
  it('are values of schema.ts files, and the types of the router and its errors', () => {
    const crossings = clientFiles().flatMap(importsOf).filter(leavesClient)
    expect(crossings.length).toBeGreaterThan(0)
    expect(crossings.filter((arrow) => !isAllowedCrossing(arrow)).map(inWords)).toEqual([])
  })

  it('imports no package but those it declares, and in its core only what every app needs', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'client/package.json'), 'utf8'))
    const declared = Object.keys({ ...dependencies, ...peerDependencies })
    const undeclared = clientFiles()
      .flatMap(importsOf)
      .filter(isForeign)
      .filter(({ target }) => !isIn(declared, target))
    expect(undeclared.map(({ from, target }) => `${relative(root, from)} -> ${target}`)).toEqual([])
    const core = reachableFrom([join(root, 'client/index.ts')]).filter((file) => !file.includes('/server/'))
    const used = core.flatMap(importsOf).filter(isForeign)
    const needed = ['@trpc/client', '@trpc/server', '@trpc/server/observable', 'superjson']
    expect([...new Set(used.map(({ target }) => target))].sort()).toEqual(needed)
  })

  it('of schemas are only Zod and other schemas', () => {
    const schemas = reachableFrom([join(root, 'client/schemas.ts')]).filter(isSchema)
    expect(schemas.length).toBeGreaterThan(2)
    const others = schemas.flatMap(importsOf).filter(({ target }) => target !== 'zod' && !isSchema(target))
    expect(others.map(inWords)).toEqual([])
  })
})

function clientFiles(): string[] {
  const names = readdirSync(join(root, 'client'), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /(?<!\.test)\.[cm]?tsx?$/.test(name) && !/^(testing|scripts|dist|node_modules)\//.test(name))
    .map((name) => join(root, 'client', name))
}

function isForeign({ target }: Import): boolean {
  return !target.startsWith('/')
}

function isIn(packages: readonly string[], target: string): boolean {
  return packages.some((name) => target === name || target.startsWith(`${name}/`))
}

function leavesClient({ target }: Import): boolean {
  return target.startsWith('/') && relative(join(root, 'client'), target).startsWith('..')
}

const typeSources = ['server/router.ts', 'server/core/possible-errors.ts']

function isAllowedCrossing({ from, target, isType }: Import): boolean {
  if (typeSources.includes(relative(root, target))) return isType
  // The names of cookies are derived from that of the application.
  if (target === join(root, 'app.json')) return from === join(root, 'client/next-server.ts')
  return isSchema(target) && from === join(root, 'client/schemas.ts')
}

function isSchema(target: string): boolean {
  return /^server\/(features|core)\/[\w/-]+\/schema\.ts$/.test(relative(root, target))
}

function inWords({ from, target }: Import): string {
  return `${relative(root, from)} -> ${relative(root, target)}`
}
