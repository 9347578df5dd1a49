import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** The numbers in docs/security.md, each at the start of a line. */
async function listedNumbers(): Promise<Set<string>> {
  const text = await readFile(path.join(root, 'docs/security.md'), 'utf8')
  return new Set([...text.matchAll(/^- (S\d+):/gm)].flatMap(([, number]) => number ?? []))
}

async function readTests(): Promise<string[]> {
  const folders = ['server', 'client', 'prisma']
  const files = await Promise.all(folders.map((folder) => readdir(path.join(root, folder), { recursive: true })))
  const tests = files.flatMap((names, index) =>
    names
      .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => path.join(root, folders[index] ?? '', name)),
  )
  return Promise.all(tests.map((file) => readFile(file, 'utf8')))
}

/** The numbers at the start of the names of tests. */
async function testedNumbers(): Promise<Set<string>> {
  const texts = await readTests()
  // A test that never runs names nothing.
  const run = texts.map((text) => text.replaceAll(/(skipIf\((true|1)\)|runIf\((false|0)\))\(\s*['"`]S\d+/g, ''))
  return new Set(run.flatMap((text) => [...text.matchAll(/['"`](S\d+)\b/g)].flatMap(([, number]) => number ?? [])))
}

it('each security requirement has a test that names it, and tests name only listed requirements', async () => {
  const [listed, tested] = await Promise.all([listedNumbers(), testedNumbers()])
  expect(listed.size).toBeGreaterThan(40)
  expect([...tested].toSorted()).toEqual([...listed].toSorted())
})

const constant = /\bexpect\(\s*(true|false|null|undefined|-?\d[\d.]*|'[^']*'|"[^"]*"|`[^`$]*`)\s*\)/g

it('no test compares a constant, which cannot fail', async () => {
  const planted = ['true', 'null', '-1.5', "'a'", '`b`'].map((value) => `expect(${value}).toBe(1)`)
  expect(planted.flatMap((text) => text.match(constant) ?? [])).toHaveLength(planted.length)
  expect(['expect(isTrue).toBe(true)', 'expect(`${name}`).toBe(1)'].join().match(constant)).toBeNull()
  const others = (await readTests()).filter((text) => !text.includes('which cannot fail'))
  expect(others.length).toBeGreaterThan(100)
  expect(others.flatMap((text) => text.match(constant) ?? [])).toEqual([])
})
