import type { z } from 'zod'

const types: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
}
const formats: Record<string, string> = {
  datetime: 'a date and time in ISO 8601, such as 2026-01-31T09:30:00Z',
  email: 'an e-mail address, such as ada@example.com',
  guid: 'a UUID',
  url: 'a web address, such as https://example.com',
  uuid: 'a UUID',
}

/**
 * Says what an input has to be, in a sentence that a form can show beside its field. A message that a schema itself
 * gives takes precedence.
 *
 * @returns undefined for errors that it has no words for, which Zod calls `Invalid input`
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'Required.' : `Must be ${types[issue.expected] ?? `a ${issue.expected}`}.`
    case 'invalid_value':
      return `Must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(quote).join(', ')}.`
    case 'too_small':
      return describeBound(issue, issue.minimum, issue.inclusive ? 'at least' : 'more than')
    case 'too_big':
      return describeBound(issue, issue.maximum, issue.inclusive ? 'at most' : 'less than')
    case 'invalid_format':
      return `Must be ${formats[issue.format] ?? 'in the required format'}.`
    case 'not_multiple_of':
      return `Must be a multiple of ${issue.divisor}.`
    case 'unrecognized_keys':
      return `Unknown key: ${issue.keys.join(', ')}.`
    default:
      return undefined
  }
}

type Bound = Pick<z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall>, 'origin' | 'inclusive'>

function describeBound({ origin, inclusive }: Bound, bound: number | bigint, comparison: string): string {
  const isText = origin === 'string'
  if (isText && inclusive && bound === 1 && comparison === 'at least') return 'Must not be empty.'
  if (isText) return `Must have ${comparison} ${count(bound, 'character')}.`
  if (origin === 'array' || origin === 'set') return `Must have ${comparison} ${count(bound, 'item')}.`
  return `Must be ${comparison} ${origin === 'date' ? new Date(Number(bound)).toISOString() : bound}.`
}

function count(amount: number | bigint, noun: string): string {
  return `${amount} ${noun}${Number(amount) === 1 ? '' : 's'}`
}

function quote(value: z.core.util.Primitive): string {
  return typeof value === 'string' ? `\`${value}\`` : String(value)
}
