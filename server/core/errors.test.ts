import { describe, expect, it } from 'vitest'
import * as errors from './errors.js'

const { AppError, errorTable, NotFoundError } = errors
const classes = Object.values(errors).flatMap((value) => (isErrorClass(value) ? [value] : []))

describe('the classes of errors', () => {
  it('exist for each code of the table, exported with its name', () => {
    expect(classes.map((ErrorClass) => new ErrorClass().code).toSorted()).toEqual(Object.keys(errorTable).toSorted())
  })

  it.each(classes)('%o has the status and the message of the table', (ErrorClass) => {
    const error = new ErrorClass()
    const { status, message } = errorTable[error.code]
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ name: ErrorClass.name, status, message })
  })

  it('name the resource that was not found', () => {
    expect(new NotFoundError({ resource: 'Post' }).message).toBe('Post not found.')
    expect(new NotFoundError().message).toBe(errorTable.NOT_FOUND.message)
  })
})

function isErrorClass(value: unknown): value is new () => errors.AppError {
  return typeof value === 'function' && value.prototype instanceof AppError
}
