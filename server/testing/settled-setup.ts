/**
 * Runs work that the tests wait for. Node.js exits with 0 if nothing is left to wait for, and so would a run whose
 * setup never settles, without any test. Until the work is done, the end of the process is therefore a failure with an
 * explanation.
 *
 * @param target the process, whose exit code is set
 */
export async function failUnlessSettled<T>(work: () => Promise<T>, target: NodeJS.Process = process): Promise<T> {
  const fail = () => {
    target.exitCode = 1
    target.stderr.write('The setup of the tests has not ended: no test was run.\n')
  }
  target.once('exit', fail)
  try {
    return await work()
  } finally {
    target.off('exit', fail)
  }
}
