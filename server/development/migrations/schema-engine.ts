import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import { __wbg_set_wasm as setWasm } from '@prisma/schema-engine-wasm/schema_engine_bg'
import { createEngineAdapter } from './adapter.js'

/** Node.js has it, but only the browser types declare it. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

declare global {
  /** Set when the engine is first loaded, see `loadEngineOnce`. */
  var prismaSchemaEngine: Promise<void> | undefined
}

export type SchemaEngine = bindings.SchemaEngine

/** The datasource for the engine; migrations need no model. */
const datasource = 'datasource db { provider = "postgresql" }'

/**
 * Opens Prisma's schema engine on a database, passes it to `work`, and closes it in any case. The engine is
 * WebAssembly, so no binary is downloaded or started.
 *
 * @param schema the text of a Prisma schema; omitted if the work needs no model
 * @throws the error of the engine or of PostgreSQL
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
 * The bindings support only one engine and its memory. Node.js loads them once, while a test runner or bundler may
 * evaluate this module several times, so the loaded engine is stored globally.
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

/** The engine does not clear the 10 s timer of its lock, which would delay the end of a command. */
function engineImports(): object {
  const timers = Object.keys(bindings).filter((name) => name.startsWith('__wbg_setTimeout_'))
  const setIdleTimeout = (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds).unref()
  return { ...bindings, ...Object.fromEntries(timers.map((name) => [name, setIdleTimeout])) }
}

/** Without it, a panic of the engine reads "unreachable". */
function throwPanic(message: string): never {
  throw new Error(`Prisma's schema engine stopped: ${message}`)
}

/** The engine logs its queries; errors are thrown. */
function ignoreLog(): void {}
