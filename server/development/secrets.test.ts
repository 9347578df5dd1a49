import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { serverSettings } from '../settings.js'
import { developmentSecrets } from './secrets.js'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'secrets-test-'))
})

afterEach(() => rm(dataDir, { recursive: true }))

test('creates secrets that the settings accept, with the thumbprint as the id of the key', async () => {
  const secrets = await developmentSecrets(dataDir)
  const { keys } = serverSettings.shape.JWT_PRIVATE_KEYS.parse(secrets.JWT_PRIVATE_KEYS)
  expect(keys).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }])
  expect(keys[0]?.kid).toBe(await calculateJwkThumbprint({ ...keys[0] }))
  serverSettings.shape.PASSWORD_PEPPER.parse(secrets.PASSWORD_PEPPER)
  serverSettings.shape.TOKEN_SECRET.parse(secrets.TOKEN_SECRET)
})

test.skipIf(process.platform === 'win32')('stores them in a file that only its owner can read', async () => {
  await developmentSecrets(dataDir)
  const { mode } = await stat(path.join(dataDir, 'development-secrets.json'))
  expect(mode & 0o777).toBe(0o600)
})

test('returns the same ones for all starts, including concurrent first starts', async () => {
  const starts = await Promise.all(Array.from({ length: 8 }, () => developmentSecrets(dataDir)))
  expect(new Set(starts.map((secrets) => JSON.stringify(secrets))).size).toBe(1)
  expect(await developmentSecrets(dataDir)).toEqual(starts[0])
  expect(await readdir(dataDir)).toEqual(['development-secrets.json'])
})

test.each(['{"JWT_PRIVATE_KEYS": "cut', '{}', ''])('explains what to do about a broken file: %j', async (text) => {
  await writeFile(path.join(dataDir, 'development-secrets.json'), text)
  await expect(developmentSecrets(dataDir)).rejects.toThrow(/is damaged\. Delete it/)
})
