import { expect, inject, test } from 'vitest'
import { withSchemaEngine } from './schema-engine.js'

test('a second copy of the module works on the engine of the first', async () => {
  const copy = './schema-engine.js?copy'
  const again: { withSchemaEngine: typeof withSchemaEngine } = await import(copy)
  expect(again.withSchemaEngine).not.toBe(withSchemaEngine)
  const readVersion = (load: typeof withSchemaEngine) => load(inject('postgresUrl'), (engine) => engine.version())
  const versions = [await readVersion(withSchemaEngine), await readVersion(again.withSchemaEngine)]
  expect(versions[0]).toMatch(/PostgreSQL/)
  expect(versions[1]).toBe(versions[0])
})
