/** One occurrence of a table in a statement, with the columns that filter and order its rows there. */
export interface TableUse {
  table: string
  filters: { column: string; isEquality: boolean }[]
  orders: string[]
}

/** The columns of each table, by its name. */
export type Columns = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Reads which columns a statement filters and orders by: those of WHERE, of the conditions of joins, and of ORDER BY,
 * also in subqueries. It is not a parser: it expects the SQL of Prisma and of this repository, and treats every `=` as
 * a condition on all rows, also inside an OR.
 */
export function readTableUses(sql: string, columns: Columns): TableUse[] {
  const reader = createReader(tokenize(sql), columns)
  reader.read()
  return reader.uses()
}

interface Token {
  text: string
  isName: boolean
}

const pattern =
  /\/\*[^]*?\*\/|--[^\n]*|'(?:[^']|'')*'|"((?:[^"]|"")*)"|\$\d+|\d[\w.]*|[a-z_]\w*|::|[<>=!~@#?*|&+/%^-]+|[^\s]/gi

function tokenize(sql: string): Token[] {
  return [...sql.matchAll(pattern)]
    .filter(([text]) => !/^(\/\*|--)/.test(text))
    .map(([text, quoted]) => ({
      text: quoted ?? (/^[a-z_]/i.test(text) ? text.toLowerCase() : text),
      isName: quoted !== undefined,
    }))
}

type Clause = 'from' | 'condition' | 'order' | 'other'

/** One SELECT, UPDATE or DELETE; a subquery knows the surrounding one. */
interface Query {
  sources: Map<string, TableUse | Query>
  outer: Query | undefined
}

interface Frame {
  query: Query
  clause: Clause
}

interface Reference {
  query: Query
  clause: Clause
  qualifier: string | undefined
  column: string
  isEquality: boolean
}

const clauses: Readonly<Record<string, Clause>> = {
  from: 'from',
  join: 'from',
  into: 'from',
  update: 'from',
  where: 'condition',
  on: 'condition',
  order: 'order',
  select: 'other',
  set: 'other',
  returning: 'other',
  values: 'other',
  group: 'other',
  having: 'other',
  limit: 'other',
  offset: 'other',
  for: 'other',
  conflict: 'other',
}

function createReader(tokens: readonly Token[], columns: Columns) {
  const found: TableUse[] = []
  const references: Reference[] = []
  const stack: Frame[] = [{ query: newQuery(undefined), clause: 'other' }]
  let at = 0

  function read(): void {
    for (; at < tokens.length; at++) step(stack.at(-1) ?? { query: newQuery(undefined), clause: 'other' })
  }

  function step(frame: Frame): void {
    const { text, isName } = tokenAt(at)
    if (text === '(' && !isName) open(frame)
    else if (text === ')' && !isName) close()
    else if (isKeyword(at)) enter(frame, text)
    else if (frame.clause === 'from' && startsTable(at)) readSource(frame)
    else if (frame.clause === 'condition' || frame.clause === 'order') readReference(frame)
  }

  function open({ query, clause }: Frame): void {
    const isQuery = tokenAt(at + 1).text === 'select' && !tokenAt(at + 1).isName
    stack.push({ query: isQuery ? newQuery(query) : query, clause })
  }

  // A subquery in FROM has an alias; its columns belong to its tables.
  function close(): void {
    const closed = stack.pop()
    const frame = stack.at(-1)
    if (!closed || !frame || closed.query === frame.query || frame.clause !== 'from') return
    const alias = aliasAfter(at)
    if (alias) frame.query.sources.set(alias.name, closed.query)
    if (alias) at = alias.at
  }

  function enter(frame: Frame, word: string): void {
    // The names of the previous tables end at UNION.
    if (word === 'select' && tokenAt(at - 1).text !== '(') frame.query = newQuery(frame.query.outer)
    frame.clause = clauses[word] ?? frame.clause
  }

  function isKeyword(index: number): boolean {
    const { text, isName } = tokenAt(index)
    const before = tokenAt(index - 1)
    if (isName || !(text in clauses) || before.text === '.') return false
    if (text === 'from' && before.text === 'distinct') return false
    return text !== 'update' || !['for', 'key', 'do'].includes(before.text)
  }

  function startsTable(index: number): boolean {
    const before = tokenAt(index - 1)
    return !before.isName && ['from', 'join', 'into', 'update', ',', 'only', 'lateral'].includes(before.text)
  }

  function readSource({ query }: Frame): void {
    while (tokenAt(at + 1).text === '.') at += 2
    const table = tokenAt(at).text
    const alias = aliasAfter(at)
    if (alias) at = alias.at
    if (!columns.has(table)) return
    const use: TableUse = { table, filters: [], orders: [] }
    found.push(use)
    query.sources.set(alias?.name ?? table, use)
  }

  function aliasAfter(index: number): { name: string; at: number } | undefined {
    const place = index + (tokenAt(index + 1).text === 'as' ? 2 : 1)
    const { text, isName } = tokenAt(place)
    const isAlias = isName || (/^[a-z_]\w*$/.test(text) && !isKeyword(place) && !joinWords.has(text))
    return isAlias ? { name: text, at: place } : undefined
  }

  function readReference({ query, clause }: Frame): void {
    const first = at
    while (tokenAt(at + 1).text === '.') at += 2
    const isCall = tokenAt(at + 1).text === '(' || tokenAt(first - 1).text === '::'
    if (isCall || !/^\w+$/.test(tokenAt(at).text)) return
    const qualifier = at > first ? tokenAt(at - 2).text : undefined
    references.push({ query, clause, qualifier, column: tokenAt(at).text, isEquality: isCompared(first, at) })
  }

  // Between a column and its operator may be a parenthesis and a cast.
  function isCompared(first: number, last: number): boolean {
    let [before, after] = [first - 1, last + 1]
    while (tokenAt(before).text === '(' && tokenAt(before - 1).text !== 'in') before--
    while (tokenAt(after).text === ')' || tokenAt(after).text === '::') after += tokenAt(after).text === '::' ? 2 : 1
    const isNull = tokenAt(after).text === 'is' && tokenAt(after + 1).text === 'null'
    return isNull || ['=', 'in'].includes(tokenAt(after).text) || tokenAt(before).text === '='
  }

  function tokenAt(index: number): Token {
    return tokens[index] ?? { text: '', isName: false }
  }

  function uses(): TableUse[] {
    for (const reference of references) {
      const use = resolve(reference.query, reference, columns)
      const { clause, column, isEquality } = reference
      if (clause === 'order') use?.orders.push(column)
      else use?.filters.push({ column, isEquality })
    }
    return found
  }

  return { read, uses }
}

const joinWords = new Set(['inner', 'left', 'right', 'full', 'cross', 'natural', 'using'])

function newQuery(outer: Query | undefined): Query {
  return { sources: new Map(), outer }
}

type Place = Pick<Reference, 'qualifier' | 'column'>

/** The table of a column: in this query, otherwise in a surrounding one. */
function resolve(query: Query | undefined, place: Place, columns: Columns): TableUse | undefined {
  return query && (findIn(query, place, columns) ?? resolve(query.outer, place, columns))
}

function findIn(query: Query, { qualifier, column }: Place, columns: Columns): TableUse | undefined {
  for (const [name, source] of query.sources) {
    if (qualifier !== undefined && qualifier !== name) continue
    const use = 'table' in source ? source : findIn(source, { qualifier: undefined, column }, columns)
    if (use && columns.get(use.table)?.has(column)) return use
  }
  return undefined
}
