import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import { __wbg_set_wasm as setWasm } from '@prisma/schema-engine-wasm/schema_engine_bg'
import { createEngineAdapter } from './adapter.js'

/** Node.js has it; its types come only with those of the browser. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

declare global {
  /** Set once the engine is being loaded, see `loadEngineOnce`. */
  var prismaSchemaEngine: Promise<void> | undefined
}

export type SchemaEngine = bindings.SchemaEngine

/** What the engine is told of the datasource; migrations need no model. */
const datasource = 'datasource db { provider = "postgresql" }'

/**
 * Opens Prisma's schema engine on a database, gives it to `work`, and closes it whatever happens.
 * The engine is WebAssembly, so no binary is downloaded or started.
 *
 * @param schema the text of a Prisma schema; left out where the work concerns no model
 * @throws what the engine or PostgreSQL gives as the reason
 */
export async function withSchemaEngine<T>(
  databaseUrl: string,
  work: (engine: SchemaEngine) => Promise<T>,
  schema = datasource,
): Promise<T> {
  await loadEngineOnce()
  const { adapter, close } = createEngineAdapter(databaseUrl)
  try {
    const engine = await bindings.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, ignoreLog, adapter)
    return await work(engine).finally(() => engine.free())
  } finally {
    await close()
  }
}

/**
 * The bindings keep one engine and views of its memory, and fail in strange ways on a second one. They are loaded once
 * by Node.js, while a test runner or bundler may evaluate this module several times; so what was loaded is noted where
 * all of them see it.
 */
function loadEngineOnce(): Promise<void> {
  globalThis.prismaSchemaEngine ??= loadEngine()
  return globalThis.prismaSchemaEngine
}

async function loadEngine(): Promise<void> {
  const { resolve } = createRequire(import.meta.url)
  const folder = path.dirname(resolve('@prisma/schema-engine-wasm/schema_engine_bg'))
  const bytes = await readFile(path.join(folder, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': engineImports() })
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: throwPanic },
  })
  setWasm(instance.exports)
  const { __wbindgen_start: start } = instance.exports
  if (typeof start === 'function') start()
}

/** The engine waits 10 s for its lock on a timer that it does not clear; a command would end that much later. */
function engineImports(): object {
  const timers = Object.keys(bindings).filter((name) => name.startsWith('__wbg_setTimeout_'))
  const setIdleTimeout = (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds).unref()
  return { ...bindings, ...Object.fromEntries(timers.map((name) => [name, setIdleTimeout])) }
}

/** Without it the engine's panic reads "unreachable". */
function throwPanic(message: string): never {
  throw new Error(`Prisma's schema engine stopped: ${message}`)
}

/** What the engine logs are its queries; the errors that matter are thrown. */
function ignoreLog(): void {}
