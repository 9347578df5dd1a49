'use client'

import type { Outputs } from '@plinth/client'
import { useApi } from '@plinth/client/react'
import { createUserSchema } from '@plinth/client/schemas'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { roles, statuses, type userFilter } from '#lib/filters'
import { useUser } from '#lib/user'
import { day, explain } from '#lib/words'
import { Action } from './action'
import { email, type FieldProps, Filter, Form } from './form'
import { client } from './providers'

const { users } = client.api

export function Users({ filter }: { filter: ReturnType<typeof userFilter> }) {
  const { page, q, role, status } = filter
  const options = useApi().users.list.queryOptions(filter)
  const { data, error } = useQuery({ ...options, placeholderData: keepPreviousData })
  const total = data?.meta.total ?? 0
  const limit = data?.meta.limit ?? 1
  const to = (page: number) => ({ pathname: '/admin/users', query: { page, q, role, status } })
  const fields: FieldProps[] = [
    { name: 'q', label: 'Name or address', type: 'search', defaultValue: q },
    { name: 'role', label: 'Role', options: { '': 'Any', ...roles }, defaultValue: role },
    { name: 'status', label: 'Status', options: { '': 'Any', ...statuses }, defaultValue: status },
  ]
  return (
    <>
      <Filter action="/admin/users" fields={fields} />
      {error && <p role="alert">{explain(error)}</p>}
      <table>
        <thead>
          <tr>
            {['Person', 'Role', 'Status', 'Since', 'Actions'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data?.items.map((user) => (
            <Row key={user.id} user={user} />
          ))}
        </tbody>
      </table>
      <nav className="pages" aria-label="Pages">
        {page > 1 && <Link href={to(page - 1)}>Previous</Link>}
        <span role="status">{`Page ${page} of ${Math.max(1, Math.ceil(total / limit))}, ${total} in all`}</span>
        {page * limit < total && <Link href={to(page + 1)}>Next</Link>}
      </nav>
    </>
  )
}

function Row({ user: { id, version, name, email, role, status, createdAt } }: { user: Outputs['users']['get'] }) {
  const isMe = useUser().user?.id === id
  const set = (to: 'active' | 'disabled') => () => users.update.mutate({ id, version, status: to })
  const restore = () => users.restore.mutate({ id, version })
  const remove = () => users.remove.mutate({ id, version })
  return (
    <tr>
      <th scope="row">
        {name} <span className="byline">{email}</span>
      </th>
      <td>{roles[role] ?? role}</td>
      <td className={`status ${status}`}>{statuses[status]}</td>
      <td>{day(createdAt)}</td>
      <td>
        <div className="actions">
          {status === 'active' && !isMe && <Action text="Disable" of={name} run={set('disabled')} />}
          {status === 'disabled' && <Action text="Enable" of={name} run={set('active')} />}
          {status === 'deleted' && <Action text="Restore" of={name} run={restore} />}
          {status !== 'deleted' && !isMe && <Action text="Delete" confirm={`Delete ${name}?`} of={name} run={remove} />}
          <Link href={`/admin/audit?userId=${id}`}>
            Events <span className="hidden">of {name}</span>
          </Link>
        </div>
      </td>
    </tr>
  )
}

export function Invite() {
  return (
    <Form
      title="Invite someone"
      schema={createUserSchema}
      fields={[{ name: 'name', label: 'Name' }, email, { name: 'role', label: 'Role', options: roles }]}
      submit="Invite"
      run={users.create.mutate}
      done="A link to choose a password is on its way."
    />
  )
}
