import { access, constants, mkdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { RemedyError } from '../core/remedy-error.js'
import { codeOf } from '../core/unknown-values.js'

/**
 * Creates the data folder with its parents, unless it exists.
 *
 * @returns its real path
 * @throws RemedyError if this user cannot create it, or not read and write it
 */
export async function makeDataFolder(folder: string): Promise<string> {
  try {
    await makeWithParents(path.resolve(folder))
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return await realpath(folder)
  } catch (error) {
    throw notWritable(folder, error)
  }
}

/** The error for a data folder, or a file in it, that this user cannot read and write. */
export function notWritable(folder: string, cause: unknown): RemedyError {
  return new RemedyError(
    `${folder} cannot be read and written by this user. ` +
      'Change its owner (sudo chown -R "$USER"; needed after a start as root), delete it, or set DATA_DIR to another folder.',
    { cause },
  )
}

// `mkdir` of Node.js, with `recursive`, never ends below a folder such as /proc, in which nobody can create one.
async function makeWithParents(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    const parent = path.dirname(folder)
    if (codeOf(error) !== 'ENOENT' || parent === folder) throw error
    await makeWithParents(parent)
    await mkdir(folder).catch((again: unknown) => {
      if (codeOf(again) !== 'EEXIST') throw again
    })
  }
}
