import { defineConfig } from 'orval'

export default defineConfig({
  api: {
    input: './openapi.json',
    output: {
      target: './orval/client.ts',
      client: 'fetch',
      headers: true,
      override: { mutator: { path: './orval/fetch.ts', name: 'request' } },
    },
  },
})
