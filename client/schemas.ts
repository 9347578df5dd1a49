/** The server's Zod schemas of inputs, for forms. This is the one list of what the package takes from the server. */
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
