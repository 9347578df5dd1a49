import { readFileSync } from 'node:fs'
import { z } from 'zod'

// Compiled files lie one folder deeper, in dist/.
const packageJson = import.meta.url.endsWith('.ts') ? '../../../../package.json' : '../../../../../package.json'

/** Reads the version of the API from `package.json`. */
export function apiVersion(): string {
  const content: unknown = JSON.parse(readFileSync(new URL(packageJson, import.meta.url), 'utf8'))
  return z.object({ version: z.string() }).parse(content).version
}
