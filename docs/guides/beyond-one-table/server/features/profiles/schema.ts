import { z } from 'zod'
import { idSchema } from '../../core/fields/schema.js'
import { profileOutput, usernameSchema } from '../users/profile/schema.js'

export const profileSchema = z
  .object({
    id: idSchema,
    ...profileOutput,
    followerCount: z.int().min(0).max(2_147_483_647),
    isFollowed: z.boolean().describe('Whether the caller follows this user; false for anonymous callers.'),
  })
  .meta({ id: 'Profile' })

export const byUsernameSchema = z.strictObject({ username: usernameSchema })

export type ByUsername = z.output<typeof byUsernameSchema>
