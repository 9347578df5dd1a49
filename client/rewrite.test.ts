import { describe, expect, it } from 'vitest'
import { addCreations, addDescriptions, slimSchemas } from './scripts/rewrite.js'

describe('a built schema.ts file', () => {
  const code = [
    `import { z } from 'zod';`,
    `import { idSchema } from '../fields/schema.js';`,
    `const limit = 3;`,
    `export const nameSchema = z`,
    `    .string()`,
    `    .max(limit);`,
    `export function oneLine() { return z.string(); }`,
  ].join('\n')

  it('takes its Zod from the package, and loses the constants that a bundle does not use', () => {
    expect(slimSchemas(code, '../fluent-zod.js').split('\n')).toEqual([
      `import * as z from '../fluent-zod.js';`,
      `import { idSchema } from '../fields/schema.js';`,
      `const limit = 3;`,
      `export const nameSchema = /* @__PURE__ */ (() => (z`,
      `    .string()`,
      `    .max(limit)))();`,
      `export function oneLine() { return z.string(); }`,
    ])
  })
})

describe('the creations', () => {
  it('are the procedures of the router, or the build fails', () => {
    const code = 'export const creations = new Set();'
    expect(addCreations(code, ['posts.create'])).toBe('export const creations = new Set(["posts.create"]);')
    expect(() => addCreations('export const creations = [];', [])).toThrow('lacks')
  })
})

describe('the declaration of the router', () => {
  const lines = [
    `export declare const appRouter: TRPCBuiltRouter<{`,
    `    ctx: object;`,
    `}, {`,
    `    posts: {`,
    `        get: TRPCQueryProcedure<{`,
    `            input: {`,
    `                get: string;`,
    `            };`,
    `        }>;`,
    `    };`,
    `    users: {`,
    `        get: TRPCQueryProcedure<{`,
  ]

  it('shows the description of each procedure', () => {
    const descriptions = new Map([
      ['posts.get', 'Get a post.\n\nA draft is */ hidden.'],
      ['users.get', 'Get */ a user.'],
    ])
    const written = addDescriptions(lines.join('\n'), descriptions).split('\n')
    expect(written.filter((line) => !lines.includes(line))).toEqual([
      '        /**',
      '         * Get a post.',
      '         *',
      '         * A draft is *\u200b/ hidden.',
      '         */',
      '        /** Get *\u200b/ a user. */',
    ])
    expect(written.indexOf('        /**')).toBe(4)
  })

  it('is refused if it lacks a procedure, so that a changed notation of the compiler is noticed', () => {
    const missing = new Map([['posts.remove', 'Delete a post']])
    expect(() => addDescriptions(lines.join('\n'), missing)).toThrow('posts.remove')
  })
})
