/** A model of a Prisma schema, as the rules on data need it. */
export interface Model {
  name: string
  fields: Field[]
  indexes: Index[]
}

export interface Field {
  name: string
  /** The type without `[]` and `?`. */
  type: string
  isList: boolean
  /** The rest of the line after the type. */
  attributes: string
}

export interface Index {
  columns: string[]
  isUnique: boolean
  /** Supports `LIKE` and full-text search, for each of its columns separately. */
  isGin: boolean
  /** The columns in the condition of a partial index; undefined if the index has all rows. */
  condition: string[] | undefined
}

/** Reads the models of a Prisma schema, which Prisma's formatter writes with one field or attribute per line. */
export function readModels(schema: string): Model[] {
  return [...schema.matchAll(/^model (\w+) \{\n([^]*?)^\}/gm)].map(([, name = '', body = '']) => {
    const lines = body.split('\n').map(withoutComment)
    const fields = lines.flatMap(readField)
    return { name, fields, indexes: [...fields.flatMap(indexOfField), ...lines.flatMap(readIndex)] }
  })
}

function withoutComment(line: string): string {
  return line.replace(/("(?:[^"\\]|\\.)*")|\/\/.*/g, '$1').trim()
}

function readField(line: string): Field[] {
  const [, name, type, suffix, attributes = ''] = /^(\w+)\s+(\w+)(?:\("\w+"\))?(\[\]|\?)?\s*(.*)$/.exec(line) ?? []
  return name && type ? [{ name, type, isList: suffix === '[]', attributes }] : []
}

function indexOfField({ name, attributes }: Field): Index[] {
  if (!/@(id|unique)\b/.test(attributes)) return []
  return [{ columns: [name], isUnique: true, isGin: false, condition: undefined }]
}

function readIndex(line: string): Index[] {
  const [, kind, list, rest = ''] = /^@@(id|unique|index)\(\[(.*?)\](.*)$/.exec(line) ?? []
  if (!kind || !list) return []
  const condition = /where: raw\("(.*)"\)/.exec(rest)?.[1]
  return [
    {
      columns: list
        .replaceAll(/\([^,]*\)/g, '')
        .split(',')
        .map((column) => column.trim()),
      isUnique: kind !== 'index',
      isGin: /type: Gin/.test(rest),
      condition:
        condition === undefined ? undefined : [...condition.matchAll(/\\"(\w+)\\"/g)].map(([, column = '']) => column),
    },
  ]
}
