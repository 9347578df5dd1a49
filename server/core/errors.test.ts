import { describe, expect, it } from 'vitest'
import * as errors from './errors.js'

const { AppError, errorClasses, errorTable, NotFoundError } = errors

describe('the classes of errors', () => {
  it('exist for each code of the table, exported with its name', () => {
    expect(Object.keys(errorClasses).toSorted()).toEqual(Object.keys(errorTable).toSorted())
    for (const ErrorClass of Object.values(errorClasses)) {
      expect(Object.values(errors)).toContain(ErrorClass)
    }
  })

  it.each(Object.entries(errorClasses))('%s has the status and the message of the table', (code, ErrorClass) => {
    const error = new ErrorClass()
    const { status, message } = errorTable[error.code]
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ name: ErrorClass.name, code, status, message })
  })

  it('name the resource that was not found', () => {
    expect(new NotFoundError({ resource: 'Post' }).message).toBe('Post not found.')
    expect(new NotFoundError().message).toBe(errorTable.NOT_FOUND.message)
  })
})
