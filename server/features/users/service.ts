import { createAccount } from './account.js'
import { createAdministration } from './administration.js'
import type { UsersParts } from './dependencies.js'
import { createDirectory } from './directory.js'

/** Users: what people do with their own account, what admins look up, what admins change. */
export function createUsersService(parts: UsersParts) {
  return { ...createAccount(parts), ...createDirectory(parts), ...createAdministration(parts) }
}
