import path from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  // The client package is linked from the repository, and both use its node_modules.
  turbopack: { root: path.join(import.meta.dirname, '../..') },
  // TypeScript 7 has a command and no API.
  experimental: { useTypeScriptCli: true },
  poweredByHeader: false,
}

export default config
