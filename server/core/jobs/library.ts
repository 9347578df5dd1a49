import './home-directory.js'

import { Logger as QueueLogger } from 'graphile-worker'

export { parseCronItem, parseCronItems, run, runMigrations, runOnce } from 'graphile-worker'

/** Receives the messages of the library. */
type Report = (level: 'warn' | 'debug', message: string) => void

/**
 * The settings of graphile-worker that all its uses share; otherwise it reads them from the environment. The statements
 * in this folder name its schema. Of what it logs, which contains payloads, only messages are reported, and none about
 * single jobs, because the worker itself logs what became of a job.
 */
export function queueSettings(report: Report) {
  const logger = new QueueLogger(() => (level, message, meta) => {
    const severity: string = level
    if (meta === undefined || !('job' in meta)) report(severity === 'error' ? 'warn' : 'debug', message)
  })
  return {
    schema: 'graphile_worker',
    logger,
    noHandleSignals: true,
    preset: {
      worker: {
        // A worker that dies would lose the jobs that its local queue has taken for four hours.
        localQueue: { size: -1 },
        // Without these, a lost connection in the moment in which a job ends is a rejection that nobody handles, which
        // ends the process.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  }
}
