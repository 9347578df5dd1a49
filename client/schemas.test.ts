import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { profileFields } from '../server/features/users/profile/schema.js'
import * as source from './schemas.js'

/**
 * The package has its schemas on `zod/mini` (fluent-zod.ts), the server has the same ones on `zod`. Both have to agree
 * on every input, to the word.
 */
type Schemas = typeof source

const replaceZod: Plugin = {
  name: 'replace zod',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^zod$/ }, () => ({ path: 'zod', namespace: 'fluent' }))
    onLoad({ filter: /.*/, namespace: 'fluent' }, () => ({
      contents: `export * as z from './fluent-zod.ts'`,
      resolveDir: import.meta.dirname,
    }))
  },
}

let slim: Schemas

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'schemas.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins: [replaceZod],
  })
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
  slim = await import(`data:text/javascript;base64,${code}`)
})

const id = '01890A5D-ac96-774b-bcce-b302099a8057'
const post = { title: ' Hello ', body: 'A first post.', status: 'published' }
const user = { email: ' Ada@Example.com ', name: 'Ada', role: 'admin', status: 'disabled' }
const password = 'correct horse battery staple'
// A schema without an example here is compared on odd inputs alone.
const valid: Partial<Record<keyof Schemas, Record<string, unknown>>> = {
  registerSchema: { email: user.email, name: user.name, password },
  loginSchema: { email: user.email, password, delivery: 'cookie' },
  verifyEmailSchema: { token: 'a' },
  emailOnlySchema: { email: user.email },
  resetPasswordSchema: { token: 'a', password },
  changePasswordSchema: { currentPassword: password, newPassword: password },
  requestEmailChangeSchema: { email: user.email, currentPassword: password },
  createPostSchema: post,
  replacePostSchema: { id, ...post, version: 1 },
  updatePostSchema: { id, ...post, version: 1 },
  createUserSchema: { email: user.email, name: user.name, role: user.role },
  replaceUserSchema: { id, ...user, version: 1 },
  updateUserSchema: { id, ...user, version: 1 },
  listUsersSchema: { page: 2, limit: 10, q: ' ada ', role: 'admin', status: 'disabled', sort: 'name', order: 'asc' },
  listAuditEventsSchema: { limit: 10, type: 'logout', userId: id },
  updateMeSchema: { name: user.name, version: 1 },
  removeMeSchema: { password },
}
const long = 'a'.repeat(60_000)
const oddValues = [
  undefined,
  null,
  '',
  ' ',
  0,
  1.5,
  -1,
  2 ** 31,
  long,
  'a\nb',
  '\ud800',
  '\u202eada',
  [],
  {},
  true,
  'x@y',
]

describe('the schemas of the package', () => {
  it('are the same as those of the server', () => {
    expect(Object.keys(slim).sort()).toEqual(Object.keys(source).sort())
  })

  it.each(Object.keys(source))('%s accepts, changes and refuses what the server does, in its words', (name) => {
    const example = Object.entries(valid).find(([key]) => key === name)?.[1]
    const [ours, theirs] = [outcomes(slim, name, example ?? {}), outcomes(source, name, example ?? {})]
    if (example) expect(theirs[0]?.success).toBe(true)
    expect(ours).toEqual(theirs)
  })

  it('lend their fields to a schema of the app', () => {
    expect(Object.keys(slim.registerSchema.shape)).toEqual(['email', 'password', ...Object.keys(profileFields)])
    expect(slim.registerSchema['~standard'].vendor).toBe('zod')
  })
})

function outcomes(schemas: Schemas, name: string, input: Record<string, unknown>) {
  const [, schema] = Object.entries(schemas).find(([key]) => key === name) ?? []
  const changed = Object.keys(input).flatMap((key) => oddValues.map((value) => ({ ...input, [key]: value })))
  const without = Object.keys(input).map((key) => Object.fromEntries(Object.entries(input).filter(([k]) => k !== key)))
  return [input, ...changed, ...without, { ...input, more: 1 }, null, 'text'].map((candidate) => {
    const { success, data, error } = schema?.safeParse(candidate) ?? {}
    return { success, data, issues: error?.issues.map(({ path, code, message }) => ({ path, code, message })) }
  })
}
