import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findImportFaults } from './import-rules.js'

/** Writes files into an empty project, and returns the faults that the check finds. */
function faultsOf(files: Record<string, string>): string[] {
  const root = mkdtempSync(path.join(os.tmpdir(), 'imports-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const folder of ['server', 'client', 'prisma']) mkdirSync(path.join(root, folder))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  return findImportFaults(root)
}

const core = 'core imports no feature, no root file and no other zone'
const feature = 'features import core, other features and procedures.ts'
const built = 'what is built imports neither development/ nor testing/'
const schema = 'schema.ts imports zod and other schema.ts files'
const http = 'only the router.ts of a feature uses HTTP'
const access = 'features reach the database and the queue through core'
const loaded = 'packages are not loaded by a function'
const client = 'the client imports schema.ts files and the type of the router'

describe('the check of imports', () => {
  it('finds no fault in this repository', () => {
    expect(findImportFaults(path.join(import.meta.dirname, '../..'))).toEqual([])
  })

  it.each([
    ['server/core/mail/worker.ts', "import { a } from '../../features/posts/service.js'", core],
    ['server/core/mail/worker.ts', "import type { A } from '../../container.js'", core],
    ['server/core/http/rest/reply.ts', "export type { A } from '../../../config.js'", core],
    ['server/core/clock.ts', "type A = import('../router.js').AppRouter", core],
    ['server/core/clock.ts', "export const a = () => import('../commands/migrate.js')", core],
    ['server/features/posts/service.ts', "import { a } from '../../container.js'", feature],
    ['server/features/posts/list.ts', "import type { Config } from '../../config.js'", feature],
    ['server/features/posts/list.ts', "export * from '../../commands/migrate.js'", feature],
    ['server/app.ts', "import './development/check.js'", built],
    ['server/commands/migrate.ts', "import { a } from '../development/secrets.js'", built],
    ['server/core/logger.ts', "import type { A } from '../testing/stage.js'", built],
    ['server/features/posts/schema.ts', "import { a } from './select.js'", schema],
    ['server/features/posts/schema.ts', "import type { A } from '@prisma/client'", schema],
    ['server/core/fields/schema.ts', "import path from 'node:path'", schema],
    ['server/features/auth/login.ts', "import type { FastifyReply } from 'fastify'", http],
    ['server/features/auth/login.ts', "import { TRPCError } from '@trpc/server'", http],
    ['server/features/auth/login.ts', "import { a } from '../../core/http/openapi/document.js'", http],
    ['server/features/auth/login.ts', "import { a } from '../../procedures.js'", http],
    ['server/features/auth/login.ts', "import { a } from '../posts/router.js'", http],
    ['client/links.ts', "import { a } from '../server/core/errors.js'", client],
    ['client/links.ts', "import type { AppRouter } from '../server/router.js'", client],
    ['client/lib/links.ts', "import { a } from '../../bench/support/a.js'", client],
    ['client/links.ts', "import { a } from './testing/network.js'", client],
    ['client/lib/links.browser.ts', "import { a } from '../../server/core/clock.js'", client],
    ['server/core/clock.ts', "import r = require('../router.js')", core],
    ['server/core/clock.mts', "import { a } from '../router.js'", core],
    ['server/core/clock.cts', "import { a } from '../router.js'", core],
    ['server/core/clock.browser.ts', "import { a } from '../router.js'", core],
    ['server/core/clock.ts', 'export const a = () => import(`../router.js`)', core],
    ['server/core/clock.ts', "export const a = () => import('../router.js' as string)", core],
    ['server/core/clock.mjs', "/** @import { A } from '../router.js' */", core],
    ['server/core/clock.ts', "import { createRequire } from 'node:module'", loaded],
    ['server/features/posts/list.ts', "import { a } from './posts.test-support.js'", built],
    ['server/serve.ts', "import { a } from '../bench/support/a.js'", built],
    ['server/serve.ts', "import { a } from '../client/testing/network.js'", built],
    ['server/serve.ts', "import { seed } from './features/posts/seed.js'", built],
    ['server/schema.ts', "import { a } from './core/clock.js'", schema],
    ['server/features/posts/schema.ts', "import pg = require('pg')", schema],
    ['server/features/posts/list.ts', "import { request } from 'node:http'", http],
    ['server/features/posts/list.ts', "import fp from 'fastify-plugin'", http],
    ['server/features/posts/list.ts', "import type { FastifyReply } from 'fastify/fastify.js'", http],
    ['server/features/posts/export/router.ts', "import type { FastifyReply } from 'fastify'", http],
    ['server/features/posts/list.ts', "import pg from 'pg'", access],
    ['server/features/posts/list.ts', "import { PrismaClient } from '@prisma/client'", access],
    ['server/features/posts/list.ts', "import { makeWorkerUtils } from 'graphile-worker'", access],
  ])('names the rule that %s breaks with: %s', (file, text, rule) => {
    expect(faultsOf({ [file]: text })).toContainEqual(expect.stringMatching(`^${file} imports .*: ${rule}\\.$`))
  })

  it('takes a file that a thread runs for an import', () => {
    const files = {
      'server/core/clock.ts': "new Worker(new URL('../development/check.ts', import.meta.url))",
      'server/development/check.ts': '',
    }
    expect(faultsOf(files)).toContainEqual(expect.stringContaining(built))
  })

  it.each([
    ["const name = '../router.js'\nawait import(name)", 'imports what it computes'],
    ["import { a } from '#server/router.js'", 'which package.json maps to another path'],
    ["import { a } from 'acme/caller'", 'by its name instead of its path'],
    ["process.getBuiltinModule('node:fs')", 'imports a module of Node.js by a call'],
    ['// oxlint-disable-next-line node/no-process-env\nprocess.env', 'switches a rule of the linter off'],
    ['/* eslint-disable */', 'switches a rule of the linter off'],
    ['const { env } = process', 'uses `process` otherwise'],
    ['globalThis.process.env.A', 'uses `process` otherwise'],
    ["import { env } from 'node:process'", 'imports node:process'],
    ["import process from 'process'\nprocess.pid", 'imports process'],
    ["const key = 'env'\nprocess[key]", 'uses `process` otherwise'],
    ['read(process)', 'uses `process` otherwise'],
  ])('rejects what hides an import or a setting: %s', (text, fault) => {
    const files = { 'package.json': '{"name":"acme"}', 'client/package.json': '{"name":"@acme/client"}' }
    for (const file of ['server/core/clock.ts', 'client/links.ts']) {
      const faults = faultsOf({ ...files, [file]: text })
      expect(faults.filter((found) => found.startsWith(file) && found.includes(fault))).toHaveLength(1)
    }
  })

  it.each([
    ['server/core/mail/worker.ts', "import pg from 'pg'\nimport { a } from '../../generated/client.js'"],
    ['server/features/posts/router.ts', "import { a } from '../../procedures.js'\nimport { b } from '@trpc/server'"],
    ['server/features/posts/service.ts', "import { a } from '../audit/service.js'\nimport { z } from 'zod'"],
    ['server/features/posts/schema.ts', "import { z } from 'zod'\nimport { a } from '../../core/fields/schema.js'"],
    [
      'server/features/posts/posts.test.ts',
      "import { a } from '../../container.js'\nimport { b } from '../../testing/b.js'",
    ],
    ['server/development/dev.ts', "import { a } from '../testing/b.js'\nimport { b } from '../app.js'"],
    ['client/schemas.ts', "export * from '../server/features/posts/schema.js'"],
    ['client/app-router.ts', "import type { AppRouter } from '../server/router.js'"],
  ])('allows %s to import: %s', (file, text) => {
    expect(faultsOf({ [file]: text })).toEqual([])
  })

  it('finds a cycle, also one through types, and names its files', () => {
    const faults = faultsOf({
      'server/core/a.ts': "import type { B } from './b.js'",
      'server/core/b.ts': "export { c } from './c.js'",
      'server/core/c.ts': "const a = () => import('./a.js')",
      'server/core/d.ts': "import { a } from './a.js'",
    })
    expect(faults).toHaveLength(1)
    for (const name of ['a', 'b', 'c']) expect(faults[0]).toContain(`server/core/${name}.ts`)
    expect(faults[0]).toMatch(/import each other in a cycle\.$/)
    expect(faults[0]).not.toContain('server/core/d.ts')
  })

  it('rejects a file that it cannot parse', () => {
    expect(() => faultsOf({ 'server/core/a.ts': 'import {' })).toThrow('server/core/a.ts cannot be parsed')
  })
})
