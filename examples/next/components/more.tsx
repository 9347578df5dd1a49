'use client'

import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { explain } from '#lib/words'

type List = UseInfiniteQueryResult<unknown, unknown>
type InfiniteList = Pick<List, 'hasNextPage' | 'isFetchingNextPage' | 'error' | 'fetchNextPage'>

/** The end of a list: reads the next page when it scrolls near or when it is pressed, and says why it cannot. */
export function More({ list: { hasNextPage, isFetchingNextPage, error, fetchNextPage } }: { list: InfiniteList }) {
  // React calls it after each change of the list, so that a page without items is followed by the next one.
  const watch = (button: HTMLButtonElement | null) => {
    if (!button || isFetchingNextPage || error) return undefined
    const onSight = ([entry]: IntersectionObserverEntry[]) => entry?.isIntersecting && void fetchNextPage()
    const observer = new IntersectionObserver(onSight, { rootMargin: '600px' })
    observer.observe(button)
    return () => observer.disconnect()
  }
  return (
    <>
      {Boolean(error) && <p role="alert">{explain(error)}</p>}
      {hasNextPage && (
        <button type="button" className="more" ref={watch} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Loading' : 'More'}
        </button>
      )}
    </>
  )
}
