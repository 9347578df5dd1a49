import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const helper = new URL('settled-setup.ts', import.meta.url).href

/**
 * Runs the work in a separate process that waits for nothing else; without `await`, for which Node.js exits with 13.
 */
function run(work: string): Promise<{ code: number | string; stderr: string }> {
  const script = `import { failUnlessSettled } from '${helper}'; void failUnlessSettled(${work})`
  const words = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd }, (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }))
  })
}

it('a setup that never settles fails the run, with an explanation', async () => {
  const never = await run('() => new Promise(() => {})')
  expect(never.code).toBe(1)
  expect(never.stderr).toContain('no test was run')
  expect(await run('async () => {}')).toEqual({ code: 0, stderr: '' })
})

it('the setup of the suite uses it', async () => {
  const text = await readFile(new URL('global-setup.ts', import.meta.url), 'utf8')
  expect(text).toMatch(/export default function setup\(.*\n\s*return failUnlessSettled\(/)
})
