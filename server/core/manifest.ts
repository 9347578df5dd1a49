import { readFileSync } from 'node:fs'
import { z } from 'zod'

// Compiled files lie one folder deeper, in dist/.
const packageJson = import.meta.url.endsWith('.ts') ? '../../package.json' : '../../../package.json'

const manifestSchema = z.object({
  version: z.string(),
  license: z.string().optional(),
  author: z.object({ name: z.string(), email: z.string().optional(), url: z.string().optional() }).optional(),
})

/** Reads what `package.json` says of this application. Not when a file is loaded, because a bundle of a caller has none. */
export function readManifest(): z.output<typeof manifestSchema> {
  return manifestSchema.parse(JSON.parse(readFileSync(new URL(packageJson, import.meta.url), 'utf8')))
}
