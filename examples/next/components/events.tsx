'use client'

import { cursorPages, useApi } from '@plinth/client/react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { type eventFilter, eventTypes } from '#lib/filters'
import { minute } from '#lib/words'
import { type FieldProps, Filter } from './form'
import { More } from './more'

export function Events({ filter }: { filter: ReturnType<typeof eventFilter> }) {
  const options = useApi().audit.list.infiniteQueryOptions(filter, cursorPages)
  const events = useInfiniteQuery({ ...options, placeholderData: keepPreviousData })
  const items = events.data?.pages.flatMap((page) => page.items) ?? []
  const fields: FieldProps[] = [
    { name: 'type', label: 'Kind', options: { '': 'Any', ...eventTypes }, defaultValue: filter.type },
    { name: 'userId', label: 'Person (id)', type: 'search', defaultValue: filter.userId },
  ]
  return (
    <>
      <Filter action="/admin/audit" fields={fields} />
      <ol className="rows">
        {items.map(({ id, type, createdAt, ip, data }) => (
          <li key={id}>
            <div>
              <strong>{type}</strong>
              <p className="byline">{[minute(createdAt), ip].filter(Boolean).join(' · ')}</p>
            </div>
            <code>{Object.values(data).join(' ')}</code>
          </li>
        ))}
      </ol>
      <More list={events} />
    </>
  )
}
