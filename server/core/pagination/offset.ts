interface OffsetRequest<Where> {
  /** The condition of the list. Rows and total have the same one. */
  where: Where
  /** The number of the page, starting at 1. */
  page: number
  limit: number
}

interface Reader<Where, Row> {
  rows(query: { where: Where; skip: number; take: number }): Promise<Row[]>
  count(query: { where: Where }): Promise<number>
}

/** Reads one page of a list, and the number of items on all pages. */
export async function readOffsetPage<Where, Row>(
  { where, page, limit }: OffsetRequest<Where>,
  reader: Reader<Where, Row>,
) {
  const range = { skip: (page - 1) * limit, take: limit }
  const [items, total] = await Promise.all([reader.rows({ where, ...range }), reader.count({ where })])
  return { items, meta: { total, page, limit } }
}
