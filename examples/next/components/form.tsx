'use client'

import { useQueryClient } from '@tanstack/react-query'
import NextForm from 'next/form'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import type { core } from 'zod/mini'
import { explain, faultsOf } from '#lib/words'
import { Section } from './section'

interface FormProps<Input> {
  /** The heading of the form, where a page has several. */
  title?: string
  /** The schema with which the server validates, too. */
  schema: { safeParse(value: unknown): core.util.SafeParseResult<Input> }
  fields?: readonly FieldProps[]
  /** Values that nobody types, such as the token of a link. */
  extra?: Record<string, unknown>
  /** What the button says. */
  submit: string
  run(input: Input): Promise<unknown>
  /** What is told when it has run. The form is then empty again. */
  done?: ReactNode
}

/** A form that shows each fault at its field, whether the browser or the server has found it, and focuses the first. */
export function Form<Input>({ title, fields = [], submit, done, ...rest }: FormProps<Input>) {
  const { faults, state, onSubmit } = useSubmission({ done, ...rest })
  const form = (
    <form className="form" noValidate onSubmit={(event) => void onSubmit(event)}>
      {fields.map((field) => (
        <Field key={field.name} {...field} fault={faults[field.name]} />
      ))}
      <button type="submit" className="primary" aria-disabled={state === 'busy'}>
        {submit}
      </button>
      {faults[wholeForm] && <p role="alert">{faults[wholeForm]}</p>}
      {done && state === 'done' && <p role="status">{done}</p>}
    </form>
  )
  return title ? <Section title={title}>{form}</Section> : form
}

// The name of the faults that belong to no field.
const wholeForm = ''

function useSubmission<Input>({ schema, extra, run, done }: Omit<FormProps<Input>, 'fields' | 'submit'>) {
  const cache = useQueryClient()
  const [faults, setFaults] = useState<Record<string, string>>({})
  const [state, setState] = useState<'idle' | 'busy' | 'done'>('idle')

  function refuse(form: HTMLFormElement, found: Record<string, string>, text = Object.values(found)[0] ?? '') {
    const field = [...form.elements].find((element) => found[element.getAttribute('name') ?? wholeForm])
    if (field instanceof HTMLElement) field.focus()
    setFaults(field ? found : { [wholeForm]: text })
    setState('idle')
  }

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (state === 'busy') return
    const form = event.currentTarget
    const values = { ...Object.fromEntries(new FormData(form)), ...extra }
    const parsed = schema.safeParse(values)
    if (!parsed.success) return refuse(form, byField(parsed.error.issues, values))
    setState('busy')
    try {
      await run(parsed.data)
      setFaults({})
      setState('done')
      if (done) form.reset()
      await cache.invalidateQueries()
    } catch (error) {
      refuse(form, faultsOf(error), explain(error))
    }
  }

  return { faults, state, onSubmit }
}

/** A form whose fields become the address of the page. */
export const Filter = ({ action, fields }: { action: string; fields: readonly FieldProps[] }) => (
  <search>
    <NextForm action={action} className="filter">
      {fields.map((field) => (
        <Field key={`${field.name} ${field.defaultValue}`} {...field} />
      ))}
      <button type="submit">Search</button>
    </NextForm>
  </search>
)

export interface FieldProps {
  name: string
  label: string
  type?: 'email' | 'password' | 'search'
  autoComplete?: string
  hint?: string
  fault?: string | undefined
  defaultValue?: string | undefined
  /** A list to choose from: the values, and what they are called. */
  options?: Record<string, string>
  isLong?: boolean
}

function Field({ label, hint, fault, options, isLong, ...rest }: FieldProps) {
  const id = useId()
  const noteId = fault || hint ? `${id}-note` : undefined
  const input = { ...rest, id, 'aria-invalid': fault !== undefined, 'aria-describedby': noteId }
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {options && <select {...input}>{Object.entries(options).map(toOption)}</select>}
      {!options && (isLong ? <textarea {...input} /> : <input {...input} />)}
      <p id={noteId} className={fault ? 'fault' : 'hint'}>
        {fault ?? hint}
      </p>
    </div>
  )
}

const toOption = ([value, text]: [string, string]) => (
  <option key={value} value={value}>
    {text}
  </option>
)

export const email: FieldProps = { name: 'email', label: 'Email address', type: 'email', autoComplete: 'email' }

export function passwordField(label: string, isNew: boolean, name = 'password'): FieldProps {
  const field = { name, label, type: 'password', autoComplete: isNew ? 'new-password' : 'current-password' } as const
  return isNew
    ? { ...field, hint: 'Several words that belong to no saying are easy to keep and hard to guess.' }
    : field
}

// The first fault of each field.
function byField(issues: readonly core.$ZodIssue[], values: Record<string, unknown>): Record<string, string> {
  const named = issues.toReversed().map(({ path, message }) => ({ name: path.join('.'), message }))
  return Object.fromEntries(named.map(({ name, message }) => [name, values[name] === '' ? 'Fill this in.' : message]))
}
