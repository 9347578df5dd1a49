import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { unannounced } from './releases/changelog.js'
import { compareDocuments } from './releases/compare-documents.js'
import { compareTypes } from './releases/compare-types.js'

// Fails if clients of the last release (docs/release) can break and CHANGELOG.md does not say so. See docs/guides/versions.md.
const docs = path.join(import.meta.dirname, '../../docs')
const documentSchema = z.looseObject({ info: z.object({ version: z.string() }) })

const released = documentSchema.parse(readJson('release/openapi.json'))
const breakages = [
  ...compareDocuments(released, documentSchema.parse(readJson('openapi.json'))),
  ...(await compareTypes(path.join(docs, 'release'))),
]
const changelog = readFileSync(path.join(docs, '../CHANGELOG.md'), 'utf8')
const found = unannounced(breakages, changelog, released.info.version)

if (found.length > 0) {
  console.error(found.map(({ place, change }) => `${place}: ${change}`).join('\n'))
  console.error(
    `\nThese changes break clients of ${released.info.version}. Take them back, or name them in CHANGELOG.md as docs/guides/versions.md\n` +
      'says. If nobody uses that release: npm run release',
  )
  process.exitCode = 1
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(docs, file), 'utf8'))
}
