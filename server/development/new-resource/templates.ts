import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { addedLines, applyHunks, type Hunk, readDiff, removedLines } from './diff.js'

/** The files of the guides, as they are for comments on posts. */
const guide = 'docs/guides/add-a-resource'
const variants = 'docs/guides/generate-a-resource'

/** Which variants of the guide's files a resource needs. */
export interface Variant {
  hasParent: boolean
  isOnPosts: boolean
  hasSlug: boolean
}

export interface Templates {
  /** New files, by their path. */
  files: Map<string, string>
  /** Changes of files that exist, by their path, without those of the Prisma schema. */
  changes: Map<string, Hunk[]>
  /** The model, and the lines for the models to which it belongs, by their name. */
  model: string
  relations: Map<string, string>
}

/** Reads the files of the guide, and applies the variants that a resource needs. */
export function readTemplates(root: string, variant: Variant): Templates {
  const templates: Templates = { files: new Map(), changes: new Map(), model: '', relations: new Map() }
  for (const { file, text } of readFolder(root, guide)) {
    if (file === schemaDiff) readModel(templates, readDiff(text).hunks)
    else if (file.endsWith('.diff')) templates.changes.set(readDiff(text).file, readDiff(text).hunks)
    else templates.files.set(file, text)
  }
  for (const folder of foldersOf(variant)) applyVariant(templates, readFolder(root, folder), variant)
  return templates
}

const schemaDiff = 'prisma/schema.prisma.diff'

function readFolder(root: string, folder: string) {
  const top = path.join(root, folder)
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((source) => ({
      file: path.relative(top, source).replaceAll(path.sep, '/'),
      text: readFileSync(source, 'utf8'),
    }))
}

function readModel(templates: Templates, hunks: readonly Hunk[]): void {
  for (const hunk of hunks) {
    if (isOwnModel(hunk)) templates.model = addedLines(hunk).trimStart()
    else templates.relations.set(modelOf(hunk), addedLines(hunk).trimEnd())
  }
}

// In this order: the hunks of a later one expect what the earlier ones have changed.
function foldersOf({ hasParent, isOnPosts, hasSlug }: Variant): string[] {
  return [
    ...(hasSlug ? [`${variants}/by-a-slug`] : []),
    ...(hasParent ? [] : [`${variants}/without-a-parent`]),
    ...(hasParent && !isOnPosts ? [`${variants}/of-another-parent`] : []),
  ]
}

function applyVariant(templates: Templates, diffs: { file: string; text: string }[], variant: Variant): void {
  for (const { file, text } of diffs) {
    const hunks = readDiff(text).hunks.filter(({ heading }) => appliesTo(heading, variant))
    if (file === schemaDiff) changeModel(templates, hunks)
    else templates.files.set(...changeFile(templates, readDiff(text).file, hunks))
  }
}

/** Some hunks say which of the variants that were applied before they expect. */
function appliesTo(heading: string, { hasSlug }: Variant): boolean {
  if (heading === 'found by a slug') return hasSlug
  return heading !== 'found by id' || !hasSlug
}

function changeFile({ files }: Templates, name: string, hunks: Hunk[]): [string, string] {
  return [name, applyHunks(files.get(name) ?? '', hunks, name)]
}

function changeModel(templates: Templates, hunks: readonly Hunk[]): void {
  for (const hunk of hunks) {
    if (isOwnModel(hunk)) templates.model = applyHunks(templates.model, [hunk], modelOf(hunk))
    else if (removedLines(hunk)) templates.relations.delete(modelOf(hunk))
  }
}

function isOwnModel(hunk: Hunk): boolean {
  return modelOf(hunk) === 'Comment'
}

function modelOf({ heading }: Hunk): string {
  return /^model (\w+)/.exec(heading)?.[1] ?? ''
}
