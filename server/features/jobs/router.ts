import { z } from 'zod'
import { adminProcedure, router } from '../../procedures.js'
import { byJobIdSchema, jobPageSchema, jobSchema, listJobsSchema } from './schema.js'

export const jobsRouter = router({
  list: adminProcedure
    .meta({
      rest: { method: 'GET', path: '/jobs' },
      summary: 'List jobs',
      description:
        'Returns the jobs of the queue that wait, run or have failed, the newest first. Completed jobs are deleted. ' +
        'Failed jobs are kept for as long as the settings of the server say, which is 30 days by default.',
    })
    .input(listJobsSchema)
    .output(jobPageSchema)
    .query(({ ctx, input }) => ctx.services.jobs.list(input)),

  retry: adminProcedure
    .meta({
      rest: { method: 'POST', path: '/jobs/{id}/retry', status: 202 },
      summary: 'Retry a failed job',
      description: 'Runs a job again whose attempts have all failed. It gets a new series of attempts.',
      errors: ['CONFLICT'],
    })
    .input(byJobIdSchema)
    .output(jobSchema)
    .mutation(({ ctx, input }) => ctx.services.jobs.retry(ctx.actor, input)),

  discard: adminProcedure
    .meta({
      rest: { method: 'DELETE', path: '/jobs/{id}', status: 204 },
      summary: 'Discard a failed job',
      description: 'Deletes a job whose attempts have all failed. **Its work is not done.**',
      errors: ['CONFLICT'],
    })
    .input(byJobIdSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.jobs.discard(ctx.actor, input)),
})
