import { createAccount } from './account.js'
import { createAdministration } from './administration.js'
import { createDirectory } from './directory.js'
import type { UsersParts } from './parts.js'

/** Users: what people do with their own account, what admins look up, what admins change. */
export function createUsersService(parts: UsersParts) {
  return { ...createAccount(parts), ...createDirectory(parts), ...createAdministration(parts) }
}
