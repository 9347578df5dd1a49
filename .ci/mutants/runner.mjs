// Keeps one Vitest, and so one PostgreSQL, for all mutants. suite.mjs starts it in the folder of the copy.
import { createVitest } from 'vitest/node'

const root = process.cwd()
const vitest = await createVitest('test', { root, watch: false, bail: 1, project: 'suite', reporters: [{}] })
await vitest.standalone()
process.on('message', (message) => void answer(message))
process.on('disconnect', () => void close())
process.send({ isReady: true })

async function answer({ id, changed, files, pattern, stop }) {
  if (stop) return close()
  try {
    process.send({ id, ...(await run(changed, files, pattern)) })
  } catch (error) {
    process.send({ id, failed: [`Vitest: ${error.message}`], count: 1 })
  }
}

async function run(changed, files, pattern) {
  for (const file of changed) vitest.invalidateFile(`${root}/${file}`)
  // Vitest counts failures over all runs, and `bail` would end the next one immediately.
  vitest.state.filesMap.clear()
  vitest.state.idMap.clear()
  vitest.state.clearErrors()
  vitest.setGlobalTestNamePattern(new RegExp(pattern))
  const specifications = files.flatMap((file) => vitest.getModuleSpecifications(`${root}/${file}`))
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
  const tests = testModules.flatMap((module) => [...module.children.allTests()])
  const failed = [
    ...tests.filter((test) => test.result().state === 'failed').map((test) => test.fullName),
    ...testModules.filter((module) => module.state() === 'failed').map((module) => module.relativeModuleId),
    ...unhandledErrors.map((error) => String(error?.message ?? error)),
  ]
  const failedFiles = testModules.filter((module) => module.state() === 'failed').map((module) => module.moduleId)
  return { failed, failedFiles: failedFiles.map((name) => name.slice(root.length + 1)), count: tests.length }
}

async function close() {
  await Promise.race([vitest.close(), new Promise((resolve) => setTimeout(resolve, 15_000))])
  process.exit()
}
