import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { codeOf } from './core/unknown-values.js'

const settings = z.object({
  PUBLIC_URL: z.string(),
  DATABASE_URL: z.string(),
  DIRECT_URL: z.string().optional(),
  JWT_PRIVATE_KEYS: z.string(),
  PASSWORD_PEPPER: z.string(),
  TOKEN_SECRET: z.string(),
})

/** The settings of the development server that other processes on the machine need, by their names. */
export type DevelopmentSettings = z.output<typeof settings>

/** The file in which `npm run dev` keeps them. */
export function developmentSettingsFile(dataDir: string): string {
  return path.join(dataDir, 'development-settings.json')
}

/**
 * Reads the settings with which `npm run dev` last served; undefined if it has never run with this data folder.
 *
 * @throws Error if the file is damaged
 */
export function readDevelopmentSettings(dataDir: string): DevelopmentSettings | undefined {
  try {
    return settings.parse(JSON.parse(readFileSync(developmentSettingsFile(dataDir), 'utf8')))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
