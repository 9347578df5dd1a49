import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { RemedyError } from '../../core/remedy-error.js'
import { type Model, readModels } from '../../testing/prisma-schema.js'
import { type Noun, nounOf } from './words.js'

const openapiSchema = z.object({
  paths: z.record(z.string(), z.unknown()),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

/** What exists in the project already. */
export type Project = ReturnType<typeof readProject>

/** Reads what exists in the project. */
export function readProject(root: string) {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
  const schema = read('prisma/schema.prisma')
  const { paths, components } = openapiSchema.parse(JSON.parse(read('docs/openapi.json')))
  return {
    root,
    read,
    has: (file: string) => existsSync(path.join(root, file)),
    models: new Map(readModels(schema).map((model) => [model.name, model])),
    enums: [...schema.matchAll(/^(?:enum|type|view) (\w+)/gm)].map(([, name = '']) => name),
    routes: Object.keys(paths),
    openapiTypes: Object.keys(components.schemas),
    procedures: [...read('server/router.ts').matchAll(/^ {2}(\w+): /gm)].map(([, name = '']) => name),
  }
}

/** A resource to which a new one belongs. */
export interface Parent {
  noun: Noun
  /** The file with the function that says which rows an actor may see, below `server/features`. */
  visibility: string
}

/**
 * Finds the resource to which a new one belongs.
 *
 * @throws RemedyError if there is none, or if a part that the new one needs is missing
 */
export function findParent(project: Project, singular: string): Parent {
  const { pascal } = nounOf(singular).singular
  const model = project.models.get(pascal)
  if (!model) throw new RemedyError(`There is no model ${pascal} in prisma/schema.prisma.`)
  if (pascal === 'User')
    throw new RemedyError('Every resource belongs to a user already: its author. Leave out --parent.')
  const noun = nounOf(singular, pluralOf(project, model))
  const { kebab, pascal: plural } = noun.plural
  const visibility = findExport(project, kebab, `visible${plural}`)
  const factory = findExport(project, kebab, `create${pascal}`)
  if (visibility && factory === `${kebab}/${kebab}.test-support.ts`) return { noun, visibility }
  throw new RemedyError(
    `A resource can belong to ${noun.plural.prose} once server/features/${kebab} exports two functions: ` +
      `visible${plural}(actor), the condition for the rows that an actor may see, and, from ${kebab}.test-support.ts, ` +
      `create${pascal}(t, author, overrides). docs/guides/add-a-resource.md has an example of both.`,
  )
}

// The plural is the one that its author's field for it has.
function pluralOf({ models }: Project, { name }: Model): string | undefined {
  const field = models.get('User')?.fields.find(({ type, isList }) => type === name && isList)
  return field?.name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}

function findExport({ root, has, read }: Project, folder: string, name: string): string | undefined {
  if (!has(`server/features/${folder}`)) return undefined
  return readdirSync(path.join(root, 'server/features', folder))
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .map((file) => `${folder}/${file}`)
    .find((file) => new RegExp(`^export (async )?function ${name}\\(`, 'm').test(read(`server/features/${file}`)))
}
