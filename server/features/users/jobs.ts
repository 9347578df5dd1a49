import { z } from 'zod'
import { idSchema } from '../../core/fields/schema.js'
import { defineJob } from '../../core/jobs/job.js'

type Services = {
  users: { eraseContent(input: { userId: string }): Promise<void> }
}

export const eraseContent = defineJob({
  name: 'users.eraseContent',
  summary: 'Erase what the owner of an erased account wrote',
  input: z.strictObject({ userId: idSchema }),
  attempts: 25,
  run: ({ users }: Services, input) => users.eraseContent(input),
})
