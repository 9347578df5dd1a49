interface CursorPage {
  meta: { nextCursor: string | null }
}

/** The options of an infinite list: `useInfiniteQuery(api.posts.list.infiniteQueryOptions({ q }, cursorPages))`. */
export const cursorPages = { getNextPageParam: ({ meta }: CursorPage): string | null => meta.nextCursor }
