// Runs a command: `node server/run.mjs dev`. From source where tsx is installed, else from dist/ (`npm run build`).
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const [command, ...rest] = process.argv.slice(2)
const isInstalled = (name) => {
  try {
    return Boolean(createRequire(import.meta.url).resolve(name))
  } catch {
    return false
  }
}

const fromSource = isInstalled('tsx/esm/api')
const places = fromSource
  ? [`server/development/${command}.ts`, `server/commands/${command}.ts`]
  : [`dist/server/commands/${command}.js`]
const file = places.map((place) => path.join(root, place)).find((place) => existsSync(place))
if (!/^[a-z-]+$/.test(command ?? '') || !file) {
  console.error(
    `The command "${command ?? ''}" is not available. It requires the development dependencies (npm install) or a build (npm run build).`,
  )
  process.exit(1)
}

process.argv = [process.argv[0], file, ...rest]
if (fromSource) {
  process.env.NODE_ENV ||= 'development'
  await (await import('./development/generate.mjs')).generate()
  const { register } = await import('tsx/esm/api')
  register()
}
try {
  await import(pathToFileURL(file).href)
} catch (error) {
  // esbuild, which tsx needs, says in its message what to do where it was left out with the optional packages.
  const isForTheReader =
    ['ConfigError', 'RemedyError', 'AppError'].includes(error?.name) || /--omit=optional/.test(error?.message)
  console.error(isForTheReader ? error.message : error)
  process.exit(1)
}
