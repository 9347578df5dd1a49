import { defineConfig } from 'vitest/config'

// The steps of the journey build on one another, so that they run in order and end at the first that fails.
export default defineConfig({
  test: {
    include: ['*.browser.ts'],
    provide: { chromium: '/usr/bin/chromium' },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    bail: 1,
    sequence: { shuffle: false },
  },
})
