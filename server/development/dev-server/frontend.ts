import type { Environment } from '../../config.js'
import { choosePort } from './port.js'
import { type ServerProcess, startServerProcess } from './server-process.js'

/** A frontend that runs beside the development server. */
export interface FrontendProgram {
  /** Serves on `PORT`, reaches the server at `API_URL`, and sends `{ type: 'ready' }` to its parent. */
  file: string
  /** Runs before it starts, beside the start of the server. */
  prepare(): Promise<void>
}

export interface Frontend {
  url: string
  /** Starts it for a server, and resolves when it serves pages; never if it fails. */
  start(apiUrl: string): Promise<void>
  stop(): Promise<void>
}

const graceMs = 5000

/** Prepares a frontend, which gets the first free port above that of the server. */
export async function prepareFrontend(
  { file, prepare }: FrontendProgram,
  serverPort: number,
  environment: Environment,
): Promise<Frontend> {
  const [port] = await Promise.all([
    choosePort({ host: 'localhost', port: serverPort + 1, isPortGiven: false }),
    prepare(),
  ])
  let running: ServerProcess | undefined
  return {
    url: `http://localhost:${port}`,
    async start(apiUrl) {
      const settings = { ...environment, PORT: String(port), API_URL: apiUrl, APP_URL: `http://localhost:${port}` }
      running = startServerProcess({ name: 'frontend', file, nodeOptions: [], environment: settings })
      await running.ready
    },
    stop: async () => running?.stop(graceMs),
  }
}
