import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { ConfigError, loadConfig } from './config.js'
import { serverSettings } from './settings.js'

const root = path.join(import.meta.dirname, '..')
const names = Object.keys(serverSettings.shape).toSorted()

interface Row {
  name: string
  default: string
  isRequired: boolean
}

async function readTable(): Promise<Row[]> {
  const text = await readFile(path.join(root, 'docs/settings.md'), 'utf8')
  return [...text.matchAll(/^\| `(\w+)` \| (.*?) ?\| (.*?) ?\| (.+) \|$/gm)].map(
    ([, name = '', given = '', required]) => {
      return { name, default: given, isRequired: required === 'yes' }
    },
  )
}

/** The default values of the schema, as a user would write them. */
function readDefaults(): Map<string, string> {
  const shapes = Object.entries(serverSettings.shape)
  return new Map(
    shapes.flatMap(([name, setting]) => {
      const { data } = setting.safeParse(undefined)
      return ['string', 'number', 'boolean'].includes(typeof data)
        ? [[name, JSON.stringify(data).replaceAll('"', '')]]
        : []
    }),
  )
}

test('the settings are read from the environment by their schema alone', async () => {
  const text = await readFile(path.join(root, 'server/config.ts'), 'utf8')
  expect(text.match(/(?<!`)process\.env.*/g)).toEqual(['process.env'])
})

test('docs/settings.md contains exactly the existing settings', async () => {
  expect((await readTable()).map(({ name }) => name).toSorted()).toEqual(names)
})

test('docs/settings.md contains the defaults, and the settings that production requires', async () => {
  const rows = await readTable()
  const defaults = readDefaults()
  expect([...defaults.keys()]).toContain('PASSWORD_MIN_LENGTH')
  const told = Object.fromEntries(rows.map((row) => [row.name, row.default]))
  expect(told).toMatchObject(Object.fromEntries([...defaults].map(([name, value]) => [name, `\`${value}\``])))
  const required = rows.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  expect(required.toSorted()).toEqual(missingInProduction())
})

function missingInProduction(): string[] {
  try {
    loadConfig({ NODE_ENV: 'production' })
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map((fault) => fault.split(' ')[0] ?? '').toSorted()
  }
  return []
}

test('.env.example contains exactly the existing settings, with the defaults of the schema', async () => {
  const text = await readFile(path.join(root, '.env.example'), 'utf8')
  const values = parseEnv(text)
  expect(Object.keys(values).toSorted()).toEqual(names)
  expect(values).toMatchObject(Object.fromEntries(readDefaults()))
  const required = text.split('\n').flatMap((line) => /^(\w+)=.*# required/.exec(line)?.[1] ?? [])
  expect(required.toSorted()).toEqual(missingInProduction())
})
