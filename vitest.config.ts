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
          include: ['server/**/*.test.ts', 'client/**/*.test.ts', 'prisma/**/*.test.ts'],
          globalSetup: ['server/testing/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          pool: 'threads',
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
