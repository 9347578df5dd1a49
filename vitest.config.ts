import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default'],
    sequence: { shuffle: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'suite',
          include: ['{server,client,prisma,bench}/**/*.test.ts'],
          globalSetup: ['server/testing/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          pool: 'threads',
          // Tests wait for the database and for child processes more than they compute.
          maxWorkers: 3,
          // Nothing keeps state in a module, so that files may share what they load.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['server/testing/browser/*.browser.ts'],
          globalSetup: ['server/testing/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
