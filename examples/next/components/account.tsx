'use client'

import { useApi } from '@plinth/client/react'
import * as schemas from '@plinth/client/schemas'
import { useQuery } from '@tanstack/react-query'
import { useUser } from '#lib/user'
import { minute } from '#lib/words'
import { Action } from './action'
import { email, Form, passwordField } from './form'
import { client } from './providers'
import { Section } from './section'

const { auth, sessions, users } = client.api

const passwords = [
  passwordField('Current password', false, 'currentPassword'),
  passwordField('New password', true, 'newPassword'),
]

export function Account() {
  return (
    <>
      <h1>Your account</h1>
      <Form
        title="Name"
        schema={schemas.updateMeSchema}
        fields={[{ name: 'name', label: 'Name', autoComplete: 'name', defaultValue: useUser().user?.name }]}
        submit="Save the name"
        // The session then has the new name, in all tabs.
        run={(input) => users.updateMe.mutate(input).then(() => client.resume())}
        done="Your name is saved."
      />
      <Form
        title="Email address"
        schema={schemas.requestEmailChangeSchema}
        fields={[{ ...email, label: 'New email address' }, passwordField('Password', false, 'currentPassword')]}
        submit="Change the address"
        run={auth.requestEmailChange.mutate}
        done="A link is on its way to the new address. Open it to confirm the change."
      />
      <Form
        title="Password"
        schema={schemas.changePasswordSchema}
        fields={passwords}
        submit="Change the password"
        run={auth.changePassword.mutate}
        done="Your password is changed, and your other sessions have ended."
      />
      <Sessions />
      <Form
        title="Delete the account"
        schema={schemas.removeMeSchema}
        fields={[passwordField('Password', false)]}
        submit="Delete"
        run={(input) => users.removeMe.mutate(input).then(() => client.logout())}
        done="Your account is deleted."
      />
    </>
  )
}

function Sessions() {
  const enabled = useUser().user !== null
  const { data = [] } = useQuery({ ...useApi().sessions.list.queryOptions(), enabled })
  return (
    <Section title="Sessions">
      <ul className="rows">
        {data.map(({ id, ip, userAgent, lastUsedAt, isCurrent }) => (
          <li key={id}>
            <div>
              <strong>{browserOf(userAgent)}</strong> {isCurrent && <span className="tag">This one</span>}
              <p className="byline">{`${ip} · last used ${minute(lastUsedAt)}`}</p>
            </div>
            {!isCurrent && <Action text="End" of={browserOf(userAgent)} run={() => sessions.revoke.mutate({ id })} />}
          </li>
        ))}
      </ul>
      {data.length > 1 && <Action text="End all others" run={() => sessions.revokeOthers.mutate()} />}
    </Section>
  )
}

const browserOf = (userAgent: string) => /Edg|Firefox|Chrome|Safari|curl|node/.exec(userAgent)?.[0] ?? 'A program'
