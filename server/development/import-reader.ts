import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync, Visitor, type VisitorObject } from 'oxc-parser'

export interface Import {
  from: string
  /** A file of the repository, or the name of a package. */
  to: string
  isPackage: boolean
}

/** A source file: what it imports, and what hides an import or a setting from the checks. */
export interface Source {
  file: string
  imports: readonly Import[]
  /** Each says what the file does. */
  evasions: readonly string[]
}

interface Findings {
  requests: Set<string>
  /** Of `new URL('...', import.meta.url)`: an import only if a source file has that path. */
  urls: Set<string>
  evasions: Set<string>
}

type Parsed = Parameters<NonNullable<VisitorObject['ImportExpression']>>[0]['source']

/** Reads the source files of these folders, without generated ones. */
export function readSources(root: string, folders: readonly string[]): Source[] {
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.posix.join(folder, name))
      .filter((name) => /\.[cm]?[jt]sx?$/.test(name) && !/(^|\/)(dist|generated|node_modules)\//.test(name)),
  )
  const [known, names] = [new Set(files), readPackageNames(root)]
  return files.map((file) => readSource(root, file, { known, names }))
}

function readSource(root: string, file: string, { known, names }: { known: Set<string>; names: string[] }): Source {
  const text = readFileSync(path.join(root, file), 'utf8')
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  const found: Findings = { requests: new Set(), urls: new Set(), evasions: new Set() }
  new Visitor({ ...importVisitor(found), ...processVisitor(found) }).visit(program)
  for (const [, request = ''] of text.matchAll(/@import\b[^*]*? from ['"]([^'"]+)['"]/g)) found.requests.add(request)
  if (/\b(ox|es)lint-disable/.test(text)) found.evasions.add('switches a rule of the linter off in a comment')
  for (const request of found.requests) {
    if (request.startsWith('#')) found.evasions.add(`imports ${request}, which package.json maps to another path`)
    if (names.some((name) => request === name || request.startsWith(`${name}/`)))
      found.evasions.add(`imports ${request}, a package of this repository, by its name instead of its path`)
  }
  const to = (request: string) => ({
    from: file,
    to: resolve(file, request, known),
    isPackage: !request.startsWith('.'),
  })
  const urls = [...found.urls].map(to).filter((url) => known.has(url.to))
  return { file, imports: [...[...found.requests].map(to), ...urls], evasions: [...found.evasions] }
}

function readPackageNames(root: string): string[] {
  const files = ['package.json', 'client/package.json'].map((name) => path.join(root, name)).filter(existsSync)
  return files.map((file) => JSON.parse(readFileSync(file, 'utf8')).name)
}

function importVisitor({ requests, urls, evasions }: Findings): VisitorObject {
  return {
    ImportDeclaration: ({ source }) => void requests.add(source.value),
    ExportAllDeclaration: ({ source }) => void requests.add(source.value),
    ExportNamedDeclaration: ({ source }) => void (source && requests.add(source.value)),
    TSImportType: ({ source }) => void requests.add(source.value),
    TSImportEqualsDeclaration({ moduleReference: to }) {
      if (to.type === 'TSExternalModuleReference') requests.add(to.expression.value)
    },
    ImportExpression({ source }) {
      const request = textOf(source)
      if (request === undefined) evasions.add('imports what it computes')
      else requests.add(request)
    },
    NewExpression({ callee, arguments: [url, base] }) {
      if (callee.type !== 'Identifier' || callee.name !== 'URL' || base?.type !== 'MemberExpression') return
      if (base.object.type === 'MetaProperty' && url?.type === 'Literal') urls.add(String(url.value))
    },
  }
}

function textOf(node: Parsed): string | undefined {
  if (node.type === 'TSAsExpression' || node.type === 'ParenthesizedExpression') return textOf(node.expression)
  if (node.type === 'TemplateLiteral' && node.quasis.length === 1) return node.quasis[0]?.value.cooked ?? undefined
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined
}

// The linter finds `process.env`. Everything else that leads there is found here.
function processVisitor({ evasions }: Findings): VisitorObject {
  const plain = new WeakSet<object>()
  return {
    MemberExpression({ object, property, computed }) {
      if (computed) return
      const owner = object.type === 'Identifier' ? object.name : ''
      if (owner !== 'globalThis' && owner !== 'global') plain.add(property)
      if (owner !== 'process') return
      plain.add(object)
      if (property.type === 'Identifier' && property.name === 'getBuiltinModule')
        evasions.add('imports a module of Node.js by a call')
    },
    Identifier(node) {
      if (node.name === 'process' && !plain.has(node)) evasions.add('uses `process` otherwise than as `process.name`')
    },
  }
}

function resolve(file: string, request: string, files: ReadonlySet<string>): string {
  if (!request.startsWith('.')) return request
  const target = path.posix.join(path.posix.dirname(file), request)
  return files.has(target) ? target : target.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')
}
