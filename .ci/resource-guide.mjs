// Follows docs/guides/add-a-resource.md on a copy. `remove` removes posts and runs the remaining suite. `add` adds comments,
// takes them back, removes posts although they had comments, lets the generator write resources of every kind, and applies the
// recipes of docs/guides/beyond-one-table.md to them, and the job of docs/guides/jobs.md.
import { withCopy } from './guide.mjs'

const guide = 'docs/guides/add-a-resource.md'
const comments = 'docs/guides/add-a-resource'
const posts = 'docs/guides/remove-posts.txt'
const beyond = 'docs/guides/beyond-one-table'
const jobs = 'docs/guides/jobs'
// A slug, a child of a child, an irregular plural, a noun of two words below a resource that has a slug, and a slug below a parent.
const generated = {
  articles: 'article --by title',
  comments: 'comment --parent article',
  replies: 'reply --parent comment',
  people: 'person --plural people',
  'order-lines': 'order-line --parent article',
  aliases: 'alias --parent person --by label',
}

withCopy((copy) => {
  const adds = process.argv[2] === 'add'
  if (adds) {
    copy.add(comments)
    copy.run(withTestsOf(commandsOf(copy, '# Add a resource'), ['comments']))
    copy.takeBack(comments)
  }
  copy.remove(posts)
  const commands = commandsOf(copy, '# Remove posts')
  if (!adds) copy.run(commands)
  else generate(copy, commands)
})

/** Removes posts, writes resources, and applies the recipes of the second guide to them, before all is checked and tested. */
function generate(copy, commands) {
  const [migrate = '', ...others] = commands.split('\n')
  copy.run([migrate, ...Object.values(generated).map((words) => `npm run --silent new -- ${words}`)].join('\n'))
  copy.add(beyond)
  copy.add(jobs)
  const features = [...Object.keys(generated), 'favourites', 'profiles', 'reports', 'users', 'audit']
  // Without the test of examples: the recorder cannot make the user that an operation on a username reads.
  copy.run(withTestsOf(['npm run migrate:new -- beyond_one_table', ...others].join('\n'), features, ''))
}

/** The commands in a section of the guide. */
function commandsOf(copy, title) {
  const [, section = ''] = copy.read(guide).split(`${title}\n`)
  const [own = ''] = section.split(/^# /m)
  const blocks = [...own.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text)
  if (blocks.length === 0) throw new Error(`${guide} has no commands under "${title}".`)
  return blocks.join('')
}

/** Commands whose `npm test` runs the tests of features and those that hold for all resources, instead of the suite. */
function withTestsOf(commands, features, ofDocument = 'openapi ') {
  const generic = `${ofDocument}parity contract resources access-matrix limits-and-bounds audit-trail requirements`
  const files = [
    ...features.map((feature) => `server/features/${feature}/`),
    ...generic.split(' ').map((name) => `server/${name}.test.ts`),
    'server/testing/ server/core/http/openapi/ prisma/schema.test.ts client/schemas.test.ts',
  ]
  return commands.replace(/^npm test$/m, `npm test -- --reporter=dot ${files.join(' ')}`)
}
