import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canRunAsOrdinaryUser, ordinaryUser } from '../../testing/ordinary-user.js'
import { canEnter, ownFolder } from './account.js'
import { prepareBinaries } from './binaries.js'

const isRoot = process.getuid?.() === 0
const isOrdinaryUserHere = !isRoot || (await canRunAsOrdinaryUser())
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'binaries-test-'))
  await chmod(folder, 0o755)
})

afterEach(() => rm(folder, { recursive: true }))

describe.skipIf(process.platform === 'win32')('links that a blocked install script did not create', () => {
  beforeEach(async () => {
    await mkdir(path.join(folder, 'native/bin'), { recursive: true })
    await mkdir(path.join(folder, 'native/lib'))
    await writeFile(path.join(folder, 'native/bin/postgres'), 'program')
    await writeFile(path.join(folder, 'native/lib/lib.so.1.2'), 'library')
    const links = [{ source: 'native/lib/lib.so.1.2', target: 'native/lib/lib.so.1' }]
    await writeFile(path.join(folder, 'native/pg-symlinks.json'), JSON.stringify(links))
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({ version: path.basename(folder) }))
  })

  test('are created at the start', async () => {
    expect(await prepareBinaries(undefined, folder)).toBe(path.join(folder, 'native/bin'))
    expect(await readlink(path.join(folder, 'native/lib/lib.so.1'))).toBe('lib.so.1.2')
  })

  test.runIf(isOrdinaryUserHere)('are created in a copy if the package is read-only', async () => {
    await chmod(path.join(folder, 'native/lib'), 0o555)
    const binaries = await prepareBinariesAsOrdinaryUser()
    expect(binaries).not.toContain(folder)
    expect(await readFile(path.join(binaries, '../lib/lib.so.1'), 'utf8')).toBe('library')
    await chmod(path.join(folder, 'native/lib'), 0o755)
    await rm(path.dirname(binaries), { recursive: true })
  })

  async function prepareBinariesAsOrdinaryUser(): Promise<string> {
    const module = path.join(import.meta.dirname, 'binaries.ts')
    const code = `console.log(await (await import(${JSON.stringify(module)})).prepareBinaries(undefined, '${folder}'))`
    const flags = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code]
    const child = spawn(process.execPath, flags, {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(isRoot ? ordinaryUser : {}),
    })
    const [output] = await once(child.stdout, 'data')
    return String(output).trim()
  }
})

describe.skipIf(process.platform === 'win32')('the folder outside the project', () => {
  const name = `embedded-postgres-${os.userInfo().uid}`

  test('cannot be writable for others, nor a link', async () => {
    const parents = ['writable', 'linked', 'good'].map((parent) => path.join(folder, parent))
    for (const parent of parents) await mkdir(parent)
    await mkdir(path.join(folder, 'writable', name))
    await chmod(path.join(folder, 'writable', name), 0o777)
    await symlink(os.tmpdir(), path.join(folder, 'linked', name))
    expect(await ownFolder(undefined, parents)).toBe(path.join(folder, 'good', name))
    await expect(ownFolder(undefined, parents.slice(0, 2))).rejects.toThrow('DATABASE_URL')
  })

  test.runIf(isRoot)('is accessible for the account of the server', async () => {
    const parents = ['closed', 'open'].map((parent) => path.join(folder, parent))
    for (const parent of parents) await mkdir(parent)
    await chmod(path.join(folder, 'closed'), 0o700)
    expect(await ownFolder(ordinaryUser, parents)).toBe(path.join(folder, 'open', name))
    expect(await canEnter(ordinaryUser, path.join(folder, 'closed'))).toBe(false)
  })
})
