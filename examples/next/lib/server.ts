import { createServerCaller, type ServerCaller } from '#server'

declare global {
  var serverCaller: Promise<ServerCaller> | undefined
}

/** The procedures in this process, without HTTP. A development server that loads this module again keeps them. */
export function getServer(): Promise<ServerCaller> {
  globalThis.serverCaller ??= createServerCaller()
  return globalThis.serverCaller
}
