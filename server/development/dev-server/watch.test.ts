import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { watchSources } from './watch.js'

const root = mkdtempSync(path.join(tmpdir(), 'watch-'))
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** In a process of its own, so that folders vanish while they are read. */
const changeBranches = `
  for (let round = 0; round < 300; round += 1) {
    for (let feature = 0; feature < 20; feature += 1) fs.mkdirSync('server/' + feature + '/a/b', { recursive: true })
    for (let feature = 0; feature < 20; feature += 1) fs.rmSync('server/' + feature, { recursive: true })
  }`

it('continues while folders come and go, as at a change of branches, and reports changes in those that are left', async () => {
  mkdirSync(path.join(root, 'server'))
  const changed = new Set<string>()
  const watching = watchSources(root, (file) => changed.add(file))
  try {
    await promisify(execFile)(process.execPath, ['-e', changeBranches], { cwd: root })
    mkdirSync(path.join(root, 'server/last'))
    const write = () => {
      writeFileSync(path.join(root, 'server/last/file.ts'), String(performance.now()))
      return [...changed]
    }
    await expect.poll(write, { timeout: 20_000 }).toContain('server/last/file.ts')
  } finally {
    watching.close()
  }
})
