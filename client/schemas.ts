import * as audit from '../server/features/audit/schema.js'
import * as auth from '../server/features/auth/schema.js'
import * as posts from '../server/features/posts/schema.js'
import * as users from '../server/features/users/schema.js'
import type { FormSchema } from './form-schema.js'

/** The Zod input schemas of the server, for forms. The package contains no other schemas of the server. */
export const registerSchema: FormSchema<typeof auth.registerSchema> = auth.registerSchema
export const loginSchema: FormSchema<typeof auth.loginSchema> = auth.loginSchema
export const verifyEmailSchema: FormSchema<typeof auth.verifyEmailSchema> = auth.verifyEmailSchema
export const emailOnlySchema: FormSchema<typeof auth.emailOnlySchema> = auth.emailOnlySchema
export const resetPasswordSchema: FormSchema<typeof auth.resetPasswordSchema> = auth.resetPasswordSchema
export const changePasswordSchema: FormSchema<typeof auth.changePasswordSchema> = auth.changePasswordSchema
export const requestEmailChangeSchema: FormSchema<typeof auth.requestEmailChangeSchema> = auth.requestEmailChangeSchema
export const createPostSchema: FormSchema<typeof posts.createPostSchema> = posts.createPostSchema
export const replacePostSchema: FormSchema<typeof posts.replacePostSchema> = posts.replacePostSchema
export const updatePostSchema: FormSchema<typeof posts.updatePostSchema> = posts.updatePostSchema
export const createUserSchema: FormSchema<typeof users.createUserSchema> = users.createUserSchema
export const replaceUserSchema: FormSchema<typeof users.replaceUserSchema> = users.replaceUserSchema
export const updateUserSchema: FormSchema<typeof users.updateUserSchema> = users.updateUserSchema
export const listUsersSchema: FormSchema<typeof users.listUsersSchema> = users.listUsersSchema
export const listAuditEventsSchema: FormSchema<typeof audit.listAuditEventsSchema> = audit.listAuditEventsSchema
export const updateMeSchema: FormSchema<typeof users.updateMeSchema> = users.updateMeSchema
export const removeMeSchema: FormSchema<typeof users.removeMeSchema> = users.removeMeSchema
