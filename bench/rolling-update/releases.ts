import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readGuideFile } from '../support/guide-files.js'

/** A release of the application: a copy of the repository with changes and migrations of its own, built for production. */
export interface Release {
  name: string
  folder: string
  /** The file that starts the server. */
  main: string
  /** The statement that fills old rows, a batch at a time, once the release runs everywhere. */
  fill?: string
}

/** A change to a file: a text that it contains once, and its replacement. */
type Edit = readonly [file: string, shown: string, used: string]

interface Plan {
  edits: readonly Edit[]
  /** The migrations of this release and of all before it. */
  migrations: readonly string[]
  fill?: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** Builds the current code and the four releases of the guide's example, which replace a column, in that folder. */
export async function buildReleases(folder: string): Promise<Release[]> {
  const releases: Release[] = []
  for (const [index, plan] of (await planReleases()).entries()) {
    const name = index === 0 ? 'current' : `release ${index}`
    releases.push(await build(path.join(folder, String(index)), name, plan))
    console.log(`built ${name}`)
  }
  return releases
}

async function build(folder: string, name: string, { edits, migrations, fill }: Plan): Promise<Release> {
  await mkdir(folder)
  await run('bash', [path.join(root, '.ci/copy'), folder])
  for (const edit of edits) await apply(folder, edit)
  for (const [index, sql] of migrations.entries()) {
    const migration = path.join(folder, `prisma/migrations/2100010100000${index}_device`)
    await mkdir(migration)
    await writeFile(path.join(migration, 'migration.sql'), sql)
  }
  await run(process.execPath, ['server/development/generate.mjs'], { cwd: folder })
  await run(path.join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: folder })
  return { name, folder, main: path.join(folder, 'dist/server/main.js'), ...(fill && { fill }) }
}

async function apply(folder: string, [name, shown, used]: Edit): Promise<void> {
  const file = path.join(folder, name)
  const [before, after, ...more] = (await readFile(file, 'utf8')).split(shown)
  if (after === undefined || more.length > 0) throw new Error(`${name} does not contain "${shown}" exactly once.`)
  await writeFile(file, `${before}${used}${after}`)
}

async function planReleases(): Promise<Plan[]> {
  const guide = await readGuideFile('change-the-schema.md', {})
  const [add, fill, ...later] = [...guide.matchAll(/^```sql\n([^]*?)^```$/gm)].map(([, sql = '']) => sql)
  if (!add || !fill || later.length !== 5) throw new Error('The guide no longer has the seven blocks of its example.')
  return [
    { edits: [], migrations: [] },
    { edits: [column('userAgent String\n  device String?'), ...writesBoth], migrations: [add], fill },
    {
      edits: [column('userAgent String\n  device String'), ...writesBoth, ...readsNew],
      migrations: [add, ...later.slice(0, 3)],
    },
    {
      edits: [column('userAgent String? @ignore\n  device String'), ...writesNew, ...readsNew],
      migrations: [add, ...later.slice(0, 4)],
    },
    { edits: [column('device String'), ...writesNew, ...readsNew], migrations: [add, ...later] },
  ]
}

const column = (fields: string): Edit => ['prisma/schema.prisma', 'userAgent         String\n', `${fields}\n`]

const opening = 'server/features/sessions/session.ts'
const refreshing = 'server/features/sessions/refresh.ts'
const writesBoth: readonly Edit[] = [
  [opening, 'delivery, ip, userAgent,', 'delivery, ip, userAgent, device: userAgent,'],
  [refreshing, 'userAgent: origin.userAgent,', 'userAgent: origin.userAgent, device: origin.userAgent,'],
]
const writesNew: readonly Edit[] = [
  [opening, 'delivery, ip, userAgent,', 'delivery, ip, device: userAgent,'],
  [refreshing, 'userAgent: origin.userAgent,', 'device: origin.userAgent,'],
]
const readsNew: readonly Edit[] = [
  ['server/features/sessions/own-sessions.ts', 'ip: true, userAgent: true', 'ip: true, device: true'],
  [
    'server/features/sessions/own-sessions.ts',
    'rows.map((row) => ({ ...row, isCurrent',
    'rows.map(({ device, ...row }) => ({ ...row, userAgent: device, isCurrent',
  ],
  [
    'server/features/users/export-me.ts',
    '{ id: true, ...times, ip: true, userAgent: true }, ...newest }),',
    '{ id: true, ...times, ip: true, device: true }, ...newest })' +
      '.then((rows) => rows.map(({ device, ...row }) => ({ ...row, userAgent: device }))),',
  ],
]
