import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeOrTakeBack } from './write.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'new-'))
  writeFileSync(path.join(root, 'router.ts'), 'before')
  writeFileSync(path.join(root, 'openapi.json'), 'before')
})
afterEach(() => rmSync(root, { recursive: true }))

const plan = new Map([
  ['router.ts', 'after'],
  ['features/notes/service.ts', 'new'],
  ['features/notes/router.ts', 'new'],
])
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

test('what is planned is written before the work, and stays', async () => {
  await writeOrTakeBack(root, { plan, kept: [] }, async () => expect(read('features/notes/service.ts')).toBe('new'))
  expect([read('router.ts'), read('features/notes/router.ts')]).toEqual(['after', 'new'])
})

test('if the work fails, files and folders are as they were before', async () => {
  const work = async (created: (folder: string) => void) => {
    writeFileSync(path.join(root, 'openapi.json'), 'after')
    writeFileSync(path.join(root, 'migration'), 'new')
    created(path.join(root, 'migration'))
    throw new Error('The database is away.')
  }
  const listeners = process.listenerCount('SIGTERM')
  const writing = writeOrTakeBack(root, { plan, kept: ['openapi.json'] }, work)
  await expect(writing).rejects.toThrow('The database is away.')
  expect([read('router.ts'), read('openapi.json')]).toEqual(['before', 'before'])
  expect([existsSync(path.join(root, 'features')), existsSync(path.join(root, 'migration'))]).toEqual([false, false])
  expect(process.listenerCount('SIGTERM')).toBe(listeners)
})
