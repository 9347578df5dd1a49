/** An error that the reader can mend: its message says how. Commands print the message alone, without a stack. */
export class RemedyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RemedyError'
  }
}
