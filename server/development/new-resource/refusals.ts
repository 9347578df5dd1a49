import { shapeOf } from '../../core/http/rest/procedures.js'
import { RemedyError } from '../../core/remedy-error.js'
import type { Parent, Project } from './project.js'
import type { ResourceRequest } from './request.js'
import type { Templates } from './templates.js'
import { type Noun, nounOf, replaceWords } from './words.js'

// Words of TypeScript that are no names, and types of Prisma's schema.
const reserved = new Set(
  `any as async await boolean break case catch class const continue debugger default delete do else enum export extends
  false finally for function if implements import in instanceof interface let never new null number object of package
  private protected public return static string super switch symbol this throw true try typeof undefined unknown var
  void while with yield arguments eval globalThis then apply
  int bigint float decimal datetime date json bytes unsupported prisma prisma-client promise record`.split(/\s+/),
)

interface Given {
  request: ResourceRequest
  parent: Parent | undefined
  templates: Templates
}

/**
 * Refuses a resource whose names are taken or have another meaning in what would be written.
 *
 * @throws RemedyError that lists everything that is in the way
 */
export function refuseCollisions(project: Project, given: Given): void {
  const { noun, by } = given.request
  const faults = [
    ...wordFaults(noun),
    ...nameFaults(given),
    ...projectFaults(project, noun),
    ...routeFaults(project, given),
    ...relationFaults(project, given),
    ...(by === undefined ? [] : fieldFaults(by, given)),
  ]
  if (faults.length === 0) return
  throw new RemedyError(
    [`${noun.singular.prose} cannot be added:`, ...faults.map((fault) => `  - ${fault}`)].join('\n'),
  )
}

function wordFaults({ singular, plural }: Noun): string[] {
  return [singular.kebab, plural.kebab]
    .filter((word) => reserved.has(word))
    .map((word) => `"${word}" has a meaning of its own in TypeScript or Prisma`)
}

/** Names in the templates that those with the noun or its parent would hide. */
function nameFaults({ request: { noun }, parent, templates: { files } }: Given): string[] {
  const names = [...new Set([...files.values()].flatMap(namesOf))]
  const nouns = { comment: noun, post: parent?.noun ?? nounOf('post') }
  const [own, others] = [names.filter((name) => hasWord(name)), names.filter((name) => !hasWord(name))]
  const made = [noun.singular.camel, noun.plural.camel, ...own.map((name) => replaceWords(name, nouns))]
  return [...new Set(made.filter((name) => others.includes(name)))].map(
    (name) => `the generated code uses the name "${name}" for something else`,
  )
}

function hasWord(name: string): boolean {
  return /comment|post/i.test(name)
}

// Names of members and keys cannot be hidden.
function namesOf(code: string): string[] {
  const bare = code.replaceAll(/\/\*[^]*?\*\/|\/\/ .*|'[^'\n]*'/g, '')
  return [...bare.matchAll(/(?<![\w$]|(?<!\.\.)\.)(?!async \w+\()([A-Za-z_]\w*)(?!\w|(?<!const \w+): )/g)].map(
    ([, name = '']) => name,
  )
}

function projectFaults(project: Project, { singular, plural }: Noun): string[] {
  const folder = `server/features/${plural.kebab}`
  return [
    ...(project.models.has(singular.pascal) ? [`prisma/schema.prisma has a model ${singular.pascal}`] : []),
    ...(project.enums.includes(singular.pascal) ? [`prisma/schema.prisma has a type ${singular.pascal}`] : []),
    ...(project.has(folder) ? [`${folder} exists`] : []),
    ...(project.procedures.includes(plural.camel) ? [`server/router.ts has a key ${plural.camel}`] : []),
    ...(project.openapiTypes.includes(singular.pascal) ? [`the API has a type ${singular.pascal}`] : []),
  ]
}

function routeFaults({ routes }: Project, { request: { noun }, parent }: Given): string[] {
  const own = `/${noun.plural.kebab}`
  const nested = parent && `/${parent.noun.plural.kebab}/{id}${own}`
  return routes
    .filter((route) => route === own || route.startsWith(`${own}/`) || (nested && shapeOf(route) === shapeOf(nested)))
    .map((route) => `the API has a route ${route}`)
}

function relationFaults({ models }: Project, { request: { noun }, parent }: Given): string[] {
  const owners = ['User', ...(parent ? [parent.noun.singular.pascal] : [])]
  return owners
    .filter((owner) => models.get(owner)?.fields.some(({ name }) => name === noun.plural.camel))
    .map((owner) => `the model ${owner} has a field ${noun.plural.camel}`)
}

function fieldFaults(by: string, { request, parent, templates }: Given): string[] {
  const columns = [...templates.model.matchAll(/^ {2}(\w+) /gm)].map(([, name = '']) => name)
  const own = [request.noun, ...(parent ? [parent.noun] : [])].flatMap(({ singular, plural }) => [
    singular.camel,
    plural.camel,
    `${singular.camel}Id`,
  ])
  const taken = [...columns.filter((name) => name !== 'title'), ...own]
  return reserved.has(by) || taken.includes(by) || namesOf([...templates.files.values()].join('\n')).includes(by)
    ? [`a field cannot be named "${by}", because that name has another meaning in the generated code`]
    : []
}
