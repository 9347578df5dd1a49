/** The Zod input schemas of the server, for forms. The package contains no other schemas of the server. */
export {
  changePasswordSchema,
  emailOnlySchema,
  loginSchema,
  registerSchema,
  resetPasswordSchema,
} from '../server/features/auth/schema.js'
export { createPostSchema, replacePostSchema, updatePostSchema } from '../server/features/posts/schema.js'
export {
  createUserSchema,
  removeMeSchema,
  replaceUserSchema,
  updateMeSchema,
  updateUserSchema,
} from '../server/features/users/schema.js'
