/** A call that succeeded: the parameters and the body that were sent, and the body of the response. */
export interface OperationExample {
  parameters?: Readonly<Record<string, unknown>>
  body?: unknown
  response?: unknown
}

/** What `server/openapi-examples.json` contains, as a demo server has answered it. */
export interface Examples {
  /** By the names of procedures. */
  operations: Readonly<Record<string, OperationExample>>
  /** The body of an error response, by its code. */
  errors: Readonly<Record<string, unknown>>
}
