import { existsSync, type FSWatcher, readdirSync, watch } from 'node:fs'
import path from 'node:path'
import { codeOf } from '../../core/unknown-values.js'

const sources = ['server', 'prisma']
const ignoredFolders = new Set(['generated', 'node_modules', 'testing'])
const ignoredFiles = /^\.|~$|\.(test\.ts|swp|tmp)$|^4913$/

/**
 * Reports the path, relative to `root`, of every changed source file in `server` and `prisma`, and of `.env`. Each
 * folder has its own watcher, which detects replaced files on all systems.
 */
export function watchSources(root: string, onChange: (file: string) => void): { close(): void } {
  const watchers = new Map<string, FSWatcher>()
  const onEvent = (folder: string, name: string | null) => {
    if (name === null || ignoredFiles.test(name) || ignoredFolders.has(name)) return
    watchNewFolders(root, watchers, onEvent)
    onChange(path.join(folder, name))
  }
  watchNewFolders(root, watchers, onEvent)
  const dotEnv = watch(root, (_, name) => name === '.env' && onChange(name))
  return { close: () => [dotEnv, ...watchers.values()].forEach((watcher) => watcher.close()) }
}

type OnEvent = (folder: string, name: string | null) => void

function watchNewFolders(root: string, watchers: Map<string, FSWatcher>, onEvent: OnEvent): void {
  for (const [folder, watcher] of watchers) {
    if (existsSync(path.join(root, folder))) continue
    watcher.close()
    watchers.delete(folder)
  }
  for (const folder of sources.flatMap((source) => foldersBelow(root, source))) {
    if (watchers.has(folder)) continue
    const watcher = unlessGone(() => watch(path.join(root, folder), (_, name) => onEvent(folder, name)))
    if (!watcher) continue
    watcher.on('error', () => watchers.delete(folder))
    watchers.set(folder, watcher)
  }
}

function foldersBelow(root: string, folder: string): string[] {
  const entries = unlessGone(() => readdirSync(path.join(root, folder), { withFileTypes: true }))
  if (!entries) return []
  return entries
    .filter((entry) => entry.isDirectory() && !ignoredFolders.has(entry.name))
    .flatMap((entry) => foldersBelow(root, path.join(folder, entry.name)))
    .concat(folder)
}

// A change of branches can remove a folder at any moment.
function unlessGone<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
