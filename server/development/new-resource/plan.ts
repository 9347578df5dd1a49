import { RemedyError } from '../../core/remedy-error.js'
import { applyHunks, type Hunk } from './diff.js'
import { findParent, type Parent, type Project } from './project.js'
import { refuseCollisions } from './refusals.js'
import type { ResourceRequest } from './request.js'
import { readTemplates, type Templates } from './templates.js'
import { nounOf, replaceWords } from './words.js'

/** The texts of files, by their path. */
export type Plan = ReadonlyMap<string, string>

/**
 * Plans the files of a new resource, without writing any of them.
 *
 * @throws RemedyError if something is in the way
 */
export function planResource(project: Project, request: ResourceRequest): Plan {
  const parent = request.parent === undefined ? undefined : findParent(project, request.parent)
  const isOnPosts = parent?.noun.singular.kebab === 'post'
  const templates = readTemplates(project.root, {
    hasParent: parent !== undefined,
    isOnPosts,
    hasSlug: request.by !== undefined,
  })
  refuseCollisions(project, { request, parent, templates })
  const rewrite = (text: string) => rewriteFor(text, request, parent)
  return new Map([
    ...[...templates.files].map(
      ([file, text]) => [replaceWords(file, { comment: request.noun }), rewrite(text)] as const,
    ),
    ...[...templates.changes].map(
      ([file, hunks]) => [file, change(project, file, hunks.map(rewriteHunk(rewrite)))] as const,
    ),
    [schemaFile, addModel(project.read(schemaFile), templates, rewrite)],
  ])
}

const schemaFile = 'prisma/schema.prisma'

function rewriteFor(text: string, { noun, by }: ResourceRequest, parent: Parent | undefined): string {
  const field = by === undefined ? text : text.replaceAll(/\btitle\b/g, by)
  const words = replaceWords(field, { comment: noun, post: parent?.noun ?? nounOf('post') })
  if (!parent) return words
  const { noun: owner, visibility } = parent
  return words.replaceAll(`../${owner.plural.kebab}/visibility.js`, `../${visibility.replace(/ts$/, 'js')}`)
}

function rewriteHunk(rewrite: (text: string) => string) {
  return ({ heading, text }: Hunk): Hunk => ({ heading, text: rewrite(text) })
}

function change(project: Project, file: string, hunks: Hunk[]): string {
  try {
    return applyHunks(project.read(file), hunks, file)
  } catch (cause) {
    throw new RemedyError(
      `${cause instanceof Error ? cause.message : ''}\nPut these lines of ${file} back, or add the resource by hand.`,
      { cause },
    )
  }
}

/** Adds the model, and the fields of the models to which it belongs behind their last relation. */
function addModel(schema: string, { model, relations }: Templates, rewrite: (text: string) => string): string {
  const related = [...relations].reduce(
    (text, [owner, line]) => addRelation(text, owner === 'User' ? owner : rewrite(owner), rewrite(line)),
    schema,
  )
  return `${related.trimEnd()}\n\n${rewrite(model)}`
}

function addRelation(schema: string, owner: string, line: string): string {
  const block = new RegExp(`^model ${owner} \\{\\n[^]*?^\\}`, 'm').exec(schema)?.[0]
  if (block === undefined) throw new RemedyError(`There is no model ${owner} in prisma/schema.prisma.`)
  const lines = block.split('\n')
  const last = lines.findLastIndex((text) => /^ {2}\w/.test(text))
  return schema.replace(block, () => lines.toSpliced(last + 1, 0, line).join('\n'))
}
