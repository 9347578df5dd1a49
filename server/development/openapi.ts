import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { loadCommandConfig } from '../config.js'
import { openApiDocument } from '../core/http/openapi/document.js'
import { documentOptions } from '../core/http/openapi/options.js'
import examples from '../openapi-examples.json' with { type: 'json' }
import { appRouter } from '../router.js'

// Writes docs/openapi.json; --check only compares it. Needs neither settings nor a database.
const file = new URL('../../docs/openapi.json', import.meta.url)
// As in production, with addresses relative to the document.
const http = { publicUrl: '', cookieDomain: undefined }
const options = documentOptions({ ...loadCommandConfig(), isProduction: true, http })
const document: unknown = JSON.parse(JSON.stringify(openApiDocument(appRouter, { ...options, examples })))

if (process.argv.includes('--check')) check()
else writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`)

function check(): void {
  const written: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  if (isDeepStrictEqual(written, document)) return
  console.error('docs/openapi.json does not match the procedures. Update it with: npm run openapi')
  process.exitCode = 1
}
