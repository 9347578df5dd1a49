import { describe, expect, it } from 'vitest'
import { renameText } from './rename-text.js'

const renaming = { from: { name: 'acme', title: 'Acme' }, to: { name: 'blue-whale', title: 'Blue Whale' } }
const rename = (file: string, text: string) => renameText(file, text, renaming)

describe('npm run rename', () => {
  it('renames words of documents, but not parts of words', () => {
    expect(rename('docs/a.md', 'Acme runs in `.acme` (acme_refresh). acmeism, Acmes')).toBe(
      'Blue Whale runs in `.blue-whale` (blue-whale_refresh). acmeism, Acmes',
    )
  })

  it('renames packages in manifests, their descriptions included', () => {
    expect(rename('client/package.json', '{"name":"@acme/client","description":"Client of Acme"}')).toBe(
      '{"name":"@blue-whale/client","description":"Client of Blue Whale"}',
    )
    expect(rename('package-lock.json', '"node_modules/@acme/client": {"name": "acme"}')).toBe(
      '"node_modules/@blue-whale/client": {"name": "blue-whale"}',
    )
  })

  it('renames imports of the client package in code, and nothing else', () => {
    expect(rename('examples/a.ts', "import { a } from '@acme/client/schemas' // acme, Acme")).toBe(
      "import { a } from '@blue-whale/client/schemas' // acme, Acme",
    )
  })

  it('renames imports of the in-process caller, but no folder of that name', () => {
    expect(rename('examples/a.ts', "import 'acme/caller'; import './acme/caller'")).toBe(
      "import 'blue-whale/caller'; import './acme/caller'",
    )
  })

  it('renames again, and treats special characters of patterns in a title as text', () => {
    const from = { name: 'a-b', title: 'A.B & C' }
    expect(renameText('README.md', 'A.B & C, AxB & C, a-b', { from, to: renaming.from })).toBe('Acme, AxB & C, acme')
    expect(renameText('README.md', 'Acme', { from: renaming.from, to: { name: 'x', title: "$& $1 It's" } })).toBe(
      "$& $1 It's",
    )
  })
})
