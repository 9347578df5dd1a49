'use client'

import * as schemas from '@plinth/client/schemas'
import Link from 'next/link'
import { useRouter, useSearchParams } from 'next/navigation'
import type { ReactNode } from 'react'
import { email, Form, passwordField } from './form'
import { client } from './providers'

const { auth } = client.api

const done = <Link href="/sign-in">Done. Now sign in.</Link>

// Programs open the links of mails before people do, so that a token is sent with a press alone.
const confirmLink = (run: (input: { token: string }) => Promise<unknown>) => (token: string) => (
  <Form schema={schemas.verifyEmailSchema} extra={{ token }} submit="Confirm" run={run} done={done} />
)

const choosePassword = (token: string) => (
  <Form
    schema={schemas.resetPasswordSchema}
    fields={[passwordField('New password', true)]}
    extra={{ token }}
    submit="Save the password"
    run={auth.resetPassword.mutate}
    done={done}
  />
)

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
  'verify-email': confirmLink(auth.verifyEmail.mutate),
  'confirm-email-change': confirmLink(auth.confirmEmailChange.mutate),
  'reset-password': choosePassword,
  'accept-invitation': choosePassword,
}

export const Entry = ({ name }: { name: string }) => contents[name]?.(useSearchParams().get('token') ?? '')

function SignIn() {
  const router = useRouter()
  const next = useSearchParams().get('next') ?? '/'
  const goOn = () => {
    // A link may not lead to another site from here, in whichever way browsers read it.
    const page = URL.parse(next, location.origin)
    router.push(page?.origin === location.origin ? page.href : '/')
  }
  return (
    <>
      <Form
        schema={schemas.loginSchema}
        fields={[email, passwordField('Password', false)]}
        submit="Sign in"
        run={(input) => client.login(input).then(goOn)}
      />
      <Link href="/forgot-password">Forgot your password?</Link>
    </>
  )
}
