import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ServerAccount } from '../../server/development/embedded-postgres/account.js'

/** Where Debian's package puts the program. */
export const haproxyProgram = '/usr/sbin/haproxy'

/**
 * Starts HAProxy with that configuration, which is written into the folder.
 *
 * @param account runs it, by default the account of this process
 */
export async function runHaproxy(folder: string, configuration: string, account?: ServerAccount) {
  const file = path.join(folder, 'haproxy.cfg')
  await writeFile(file, configuration)
  await chmod(file, 0o644)
  const child = spawn(haproxyProgram, ['-q', '-db', '-f', file], { ...account, cwd: folder, stdio: 'ignore' })
  const exited = once(child, 'exit')
  return {
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
