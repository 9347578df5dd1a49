// Follows docs/guides/add-a-resource.md on a copy: `add` adds comments, runs the commands of that section, and then removes
// posts although comments exist; `remove` removes posts alone.
import { withCopy } from './guide.mjs'

const guide = 'docs/guides/add-a-resource.md'
const comments = 'docs/guides/add-a-resource'
const posts = 'docs/guides/remove-posts.txt'

withCopy((copy) => {
  const adds = process.argv[2] === 'add'
  if (adds) {
    copy.add(comments)
    copy.run(commandsOf(copy, '# Add a resource'))
    copy.takeBack(comments)
  }
  copy.remove(posts)
  copy.run(commandsOf(copy, '# Remove posts'))
})

/** The commands in a section of the guide. */
function commandsOf(copy, title) {
  const [, section = ''] = copy.read(guide).split(`${title}\n`)
  const [own = ''] = section.split(/^# /m)
  const blocks = [...own.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text)
  if (blocks.length === 0) throw new Error(`${guide} has no commands under "${title}".`)
  return blocks.join('')
}
