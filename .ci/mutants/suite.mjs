// Runs test files of the copy in a persistent process. If it hangs, it is killed, and the next run gets a new one.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const startMs = 120_000

/** @returns `run(test files, milliseconds, pattern of their tests' names)`, which gives the names of what failed, `change(file)`, and `stop` */
export function openSuite(copy) {
  let runner = null
  let runs = 0
  let changed = []
  async function start() {
    const child = fork(path.join(import.meta.dirname, 'runner.mjs'), [], {
      cwd: copy,
      stdio: ['ignore', 'ignore', process.env.MUTANTS_DEBUG ? 'inherit' : 'ignore', 'ipc'],
      env: { ...process.env, DATA_DIR: path.join(copy, '.data') },
    })
    await once(child, 'message', { signal: AbortSignal.timeout(startMs) })
    return child
  }
  async function stop() {
    const child = runner
    runner = null
    if (!child || child.exitCode !== null) return
    child.send({ stop: true })
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await once(child, 'exit')
    clearTimeout(timer)
  }
  async function run(files, limitMs, pattern = '') {
    if (files.length === 0) return { failed: [], count: 0 }
    runner ??= await start()
    const child = runner
    runs += 1
    const answer = await ask(child, { id: runs, changed, files, pattern }, limitMs)
    changed = []
    if (answer.isTimeout) await stop()
    return answer
  }
  return { run, stop, change: (file) => changed.push(file) }
}

/** Returns the response of the child process, or a failure if it ends or takes too long. */
function ask(child, question, limitMs) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle({ failed: ['no end within the time'], count: 0, isTimeout: true }), limitMs)
    const onExit = () => settle({ failed: ['the process of the tests ended'], count: 0, isTimeout: true })
    const onMessage = (message) => message.id === question.id && settle(message)
    function settle(result) {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit)
      resolve(result)
    }
    child.on('message', onMessage).on('exit', onExit)
    child.send(question)
  })
}
