import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

const chromium = '/usr/bin/chromium'
const hasChromium = existsSync(chromium)
if (!hasChromium && !process.argv.some((word) => word.startsWith('--project'))) {
  console.warn(`The browser tests are left out: they need Chromium at ${chromium}.`)
}

// The schema may have changed since `npm install`, and test files import the generated client.
execFileSync(process.execPath, [path.join(import.meta.dirname, 'server/development/generate.mjs')], {
  stdio: 'inherit',
})

const shared = { sequence: { shuffle: true, seed: Date.now() } }

export default defineConfig({
  test: {
    ...shared,
    reporters: ['default'],
    // Not in the projects, because it runs once for both.
    globalSetup: ['server/testing/global-setup.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'suite',
          include: ['{server,client,prisma,bench}/**/*.test.ts'],
          setupFiles: ['server/testing/declared-errors.setup.ts'],
          // Only a test that hangs takes so long, also on a machine that is busy with other work.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: 'threads',
          // Tests mainly wait for the database and for child processes.
          maxWorkers: 3,
          // No module has state, so files may share loaded modules.
          isolate: false,
        },
      },
      ...(hasChromium ? [browserProject()] : []),
    ],
  },
})

function browserProject() {
  return {
    test: {
      ...shared,
      name: 'browser',
      include: ['server/testing/browser/*.browser.ts'],
      provide: { chromium },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Files of a project without parallelism run after those of the others.
      fileParallelism: false,
    },
  }
}
