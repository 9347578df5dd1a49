'use client'

import * as schemas from '@plinth/client/schemas'
import Link from 'next/link'
import { useRouter, useSearchParams } from 'next/navigation'
import type { ReactNode } from 'react'
import { client } from '#lib/client'
import { email, Form, passwordField } from './form'

const { auth } = client.api

const done = <Link href="/sign-in">Done. Now sign in.</Link>

// Programs open the links of mails before people do, so that a token is sent with a press alone.
const contents: Record<string, (token: string) => ReactNode> = {
  'sign-in': () => <SignIn />,
  'sign-up': () => (
    <Form
      schema={schemas.registerSchema}
      fields={[{ name: 'name', label: 'Name', autoComplete: 'name' }, email, passwordField('Password', true)]}
      submit="Sign up"
      run={auth.register.mutate}
      done="A link is on its way to you. Open it to complete your registration."
    />
  ),
  'forgot-password': () => (
    <Form
      schema={schemas.emailOnlySchema}
      fields={[email]}
      submit="Send the link"
      run={auth.requestPasswordReset.mutate}
      done="If this address has an account, a link is on its way there."
    />
  ),
  'verify-email': (token) => <ConfirmLink token={token} run={auth.verifyEmail.mutate} />,
  'confirm-email-change': (token) => <ConfirmLink token={token} run={auth.confirmEmailChange.mutate} />,
  'reset-password': (token) => <ChoosePassword token={token} />,
  'accept-invitation': (token) => <ChoosePassword token={token} />,
}

export const Entry = ({ name }: { name: string }) => contents[name]?.(useSearchParams().get('token') ?? '')

function SignIn() {
  const router = useRouter()
  const next = useSearchParams().get('next') ?? '/'
  return (
    <>
      <Form
        schema={schemas.loginSchema}
        fields={[email, passwordField('Password', false)]}
        submit="Sign in"
        run={async (input) => {
          await client.login({ email: input.email, password: input.password })
          // A link may not lead to another site from here.
          router.push(/^\/(?![/\\])/.test(next) ? next : '/')
        }}
      />
      <Link href="/forgot-password">Forgot your password?</Link>
    </>
  )
}

const ChoosePassword = ({ token }: { token: string }) => (
  <Form
    schema={schemas.resetPasswordSchema}
    fields={[passwordField('New password', true)]}
    extra={{ token }}
    submit="Save the password"
    run={auth.resetPassword.mutate}
    done={done}
  />
)

const ConfirmLink = ({ token, run }: { token: string; run(input: { token: string }): Promise<unknown> }) => (
  <Form schema={schemas.verifyEmailSchema} extra={{ token }} submit="Confirm" run={run} done={done} />
)
