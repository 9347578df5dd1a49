import NextForm from 'next/form'
import { Field, type FieldProps } from './form'

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
