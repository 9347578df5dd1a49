/**
 * Writes a program that stands for the clients of a release: what they send has to fit the present types, and what the
 * present server answers has to fit theirs. It has one line for each procedure and direction, which begins with its name.
 *
 * @param procedures their names, such as `users.list`
 */
export function clientsProgram(procedures: readonly string[]): string {
  const inputs = procedures.map((name) => {
    const type = `Inputs${keysOf(name)}`
    return `  '${name} input': (sent: Released.${type}): Present.${type} => sent,`
  })
  const outputs = procedures.map((name) => {
    const type = `Outputs${keysOf(name)}`
    return `  '${name} output': (answer: Present.${type}): Released.${type} => answer,`
  })
  return `${head}${[...inputs, ...outputs, ...exports].join('\n')}\n}\n`
}

const head = `// Written by \`npm run release\`, and compiled by \`npm run check\` against the present types of the client package.
import type * as Present from '../../client/index.js'
import type * as Released from './client/index.js'

export const clients = {
`

// The procedures of a client are compared above, each under its own name.
const exports = [
  "  'createApiClient input': (options: Released.ApiClientOptions): Present.ApiClientOptions => options,",
  "  'createApiClient output': (client: Omit<Present.ApiClient, 'api'>): Omit<Released.ApiClient, 'api'> => client,",
  "  'apiError output': (error: Present.ApiError): Released.ApiError => error,",
  "  'TokenStore input': (store: Released.TokenStore): Present.TokenStore => store,",
  "  'SessionState output': (state: Present.SessionState): Released.SessionState => state,",
]

function keysOf(name: string): string {
  return name
    .split('.')
    .map((key) => `['${key}']`)
    .join('')
}
