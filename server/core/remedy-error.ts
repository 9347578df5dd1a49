/** An error that the reader can fix. Its message explains how. Commands print the message without a stack trace. */
export class RemedyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RemedyError'
  }
}
