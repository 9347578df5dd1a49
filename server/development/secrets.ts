import { randomBytes } from 'node:crypto'
import { constants, copyFile, link, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { RemedyError } from '../core/remedy-error.js'
import { createSigningKey } from '../core/security/signing-keys.js'
import { codeOf } from '../core/unknown-values.js'
import { makeDataFolder, notWritable } from './data-folder.js'

const secrets = z.object({
  JWT_PRIVATE_KEYS: z.string().min(1),
  PASSWORD_PEPPER: z.string().min(32),
  TOKEN_SECRET: z.string().min(32),
})

export type DevelopmentSecrets = z.output<typeof secrets>

/**
 * The secrets of a development server, by the names of their settings. The first start creates them in `dataDir`, in a
 * file that only its owner can read.
 *
 * @throws RemedyError if the file is broken
 */
export async function developmentSecrets(dataDir: string): Promise<DevelopmentSecrets> {
  const file = path.join(dataDir, 'development-secrets.json')
  return (await readSecrets(file)) ?? makeSecrets(file)
}

async function readSecrets(file: string): Promise<DevelopmentSecrets | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw notWritable(file, error)
  })
  return text === undefined ? undefined : parseSecrets(file, text)
}

/**
 * Reads the text of the secrets file.
 *
 * @throws RemedyError if it is broken
 */
export function parseSecrets(file: string, text: string): DevelopmentSecrets {
  try {
    return secrets.parse(JSON.parse(text))
  } catch (error) {
    throw new RemedyError(
      `${file} is damaged. Delete it; the next start creates new secrets. ` +
        'Existing passwords do not work with the new secrets, so run "npm run db:reset" as well.',
      { cause: error },
    )
  }
}

async function makeSecrets(file: string): Promise<DevelopmentSecrets> {
  const made = {
    JWT_PRIVATE_KEYS: JSON.stringify({ keys: [await createSigningKey()] }),
    PASSWORD_PEPPER: randomBytes(32).toString('base64url'),
    TOKEN_SECRET: randomBytes(32).toString('base64url'),
  }
  await makeDataFolder(path.dirname(file))
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  const isFirst = await publishFirst(draft, file)
  await rm(draft)
  return isFirst ? made : developmentSecrets(path.dirname(file))
}

// A hard link is created atomically and only if the file does not exist; file systems without links get a copy.
async function publishFirst(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file).catch((error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error
      return copyFile(draft, file, constants.COPYFILE_EXCL)
    })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}
