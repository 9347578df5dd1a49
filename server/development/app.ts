import type { FastifyInstance } from 'fastify'
import { buildApp } from '../app.js'
import type { Container } from '../container.js'
import { devMailbox } from './mailbox/routes.js'
import { demoScriptPath, docsDemo } from './pages/docs-demo.js'
import { homePage } from './pages/home.js'
import { allowPageParts } from './pages/html.js'
import { refuseForeignHosts } from './pages/known-hosts.js'

/** Builds the HTTP server with the pages for developers: the home page and the mailbox. */
export async function buildDevelopmentApp(container: Container): Promise<FastifyInstance> {
  const app = await buildApp(container, { docsScripts: [demoScriptPath] })
  await app.register(async (scope) => {
    refuseForeignHosts(scope, container.config)
    allowPageParts(scope)
    await scope.register(homePage(container.config))
    await scope.register(docsDemo)
    await scope.register(devMailbox(container.config))
  })
  return app
}
