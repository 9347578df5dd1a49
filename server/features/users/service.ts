import type { Actor } from '../../core/actor.js'
import type { ByIdAndVersion } from '../../core/fields/schema.js'
import type { UsersDependencies } from './dependencies.js'
import { eraseOwnContent, eraseUser } from './erase.js'
import { exportMe } from './export-me.js'
import { inviteUser, resendInvitation } from './invite.js'
import { getUser, listUsers } from './list.js'
import { readMe, removeMe, updateMe } from './me.js'
import { removeUser, restoreUser } from './remove.js'
import type { CreateUser, ListUsers, RemoveMe, UpdateMe, UpdateUser } from './schema.js'
import { updateUser } from './update.js'

/** The verbs of users: those on the own account, and those of admins. */
export function createUsersService(dependencies: UsersDependencies) {
  const { db } = dependencies
  return {
    me: (actor: Actor) => readMe(db, actor),
    updateMe: (actor: Actor, input: UpdateMe) => updateMe(dependencies, actor, input),
    removeMe: (actor: Actor, input: RemoveMe) => removeMe(dependencies, actor, input),
    exportMe: (actor: Actor) => exportMe(dependencies, actor),

    list: (input: ListUsers) => listUsers(db, input),
    get: (input: { id: string }) => getUser(db, input),

    create: (actor: Actor, input: CreateUser) => inviteUser(dependencies, actor, input),
    resendInvitation: (actor: Actor, input: { id: string }) => resendInvitation(dependencies, actor, input),
    replace: (actor: Actor, input: UpdateUser) => updateUser(dependencies, actor, input),
    update: (actor: Actor, input: UpdateUser) => updateUser(dependencies, actor, input),
    remove: (actor: Actor, input: ByIdAndVersion) => removeUser(dependencies, actor, input),
    restore: (actor: Actor, input: ByIdAndVersion) => restoreUser(dependencies, actor, input),
    erase: (actor: Actor, input: ByIdAndVersion) => eraseUser(dependencies, actor, input),
    eraseContent: (input: { userId: string }) => eraseOwnContent(dependencies, input),
  }
}
