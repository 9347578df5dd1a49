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
  ])('names the rule that %s breaks with: %s', (file, text, rule) => {
    expect(faultsOf({ [file]: text })).toContainEqual(expect.stringMatching(`^${file} imports .*: ${rule}\\.$`))
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
