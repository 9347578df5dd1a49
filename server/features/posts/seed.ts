import type { Transaction } from '../../core/database/client.js'

const postCount = 200

/** Creates demo posts, one in five a draft, by all users in turn, evenly over the `spreadMs` before `now`. */
export async function seedPosts(tx: Transaction, now: Date, spreadMs: number): Promise<void> {
  const authors = await tx.user.findMany({ select: { id: true }, orderBy: [{ createdAt: 'asc' }, { email: 'asc' }] })
  const data = Array.from({ length: postCount }, (_, index) => {
    const age = Math.round(((postCount - index) / (postCount + 1)) * spreadMs)
    const createdAt = new Date(now.getTime() - age)
    const isDraft = index % 5 === 4
    const state = isDraft ? { status: 'draft' as const } : { status: 'published' as const, publishedAt: createdAt }
    return { ...writePost(index), authorId: cycle(authors, index * 7).id, createdAt, ...state }
  })
  await tx.post.createMany({ data })
}

/** A topic: titles are `starts` before `things`, bodies consist of `sentences`. */
interface Topic {
  starts: readonly string[]
  things: readonly string[]
  sentences: readonly string[]
}

const garden: Topic = {
  starts: ['What I learned about', 'A small guide to', 'Five years of', 'The quiet work of', 'Before you give up on'],
  things: [
    'clay soil',
    'pruning apple trees',
    'a shaded border',
    'saving tomato seed',
    'compost in winter',
    'a dry meadow',
    'raised beds',
    'bees on a balcony',
    'watering less',
    'old roses',
  ],
  sentences: [
    'A bed that is mulched in May needs half the water in July.',
    'The first frost came early, and the dahlias were still in the ground.',
    'Cut back to an outward bud, and the branch grows away from the crown.',
    'Clay holds on to food for plants far longer than sand does.',
    'Sow in rows at first; it is easier to tell seedlings from weeds.',
    'The compost was warm to the hand even on the coldest mornings.',
    'Bees came to the thyme before anything else was in flower.',
    'I stopped digging three years ago, and the soil is better for it.',
    'Water in the evening, at the root, and rarely.',
    'Every gardener I know keeps a notebook and forgets to read it.',
  ],
}

const kitchen: Topic = {
  starts: ['Notes on', 'The case for', 'How my grandmother made', 'Getting better at', 'A week of'],
  things: [
    'sourdough',
    'slow onions',
    'a good stock',
    'fermented cabbage',
    'flat breads',
    'lentils',
    'one sharp knife',
    'cooking for eight',
    'preserved lemons',
    'plain rice',
  ],
  sentences: [
    'Salt the onions at the start, and they soften before they brown.',
    'The dough tells you when it is ready; the clock only guesses.',
    'Bones, water and patience make a stock, and a boil spoils it.',
    'A knife that is honed every day is sharpened twice a year.',
    'Lentils want acid, but only once they are tender.',
    'Taste, wait a minute, then taste again before you add anything.',
    'The jar bubbled for a week and then went quiet.',
    'Rest the bread for an hour, however good it smells.',
    'Cooking for eight is mostly a matter of large enough pots.',
    'Rinse the rice until the water runs clear, then leave the lid on.',
  ],
}

const engineering: Topic = {
  starts: ['Why we moved away from', 'Living with', 'The hidden cost of', 'A year of', 'How we test'],
  things: [
    'nightly batch jobs',
    'a single database',
    'feature flags',
    'long-lived branches',
    'retries without limits',
    'queues',
    'schema migrations',
    'on-call rotations',
    'caches',
    'timeouts',
  ],
  sentences: [
    'A timeout that nobody has chosen is a timeout of forever.',
    'The incident began with a retry and ended with a queue that never drained.',
    'Every cache is a second database with weaker promises.',
    'We rehearse the restore each month, because a backup that is never restored is a hope.',
    'The migration ran for two seconds and held its lock for all of them.',
    'Small changes fail in small ways, and that is most of the method.',
    'Nobody reads a dashboard that has forty charts on it.',
    'An index that serves no query still slows down every write.',
    'We deleted the flag a year late, and the dead branch had a bug in it.',
    'Read the log of a good day once, so that you know a bad one.',
  ],
}

const workshop: Topic = {
  starts: ['Building', 'Mending', 'Second thoughts about', 'A plan for', 'Two weekends with'],
  things: [
    'a bench from scraps',
    'a wobbly chair',
    'dovetail joints',
    'an oil finish',
    'the old bicycle',
    'a bookshelf',
    'hand planes',
    'a rain barrel',
    'window frames',
    'a garden gate',
  ],
  sentences: [
    'Measure from one end only, and errors do not add up.',
    'The glue holds better than the wood if the joint fits.',
    'A sharp plane leaves a surface that needs no sandpaper.',
    'Oil goes on thin, and what is left after ten minutes comes off again.',
    'The chair had been mended before, with nails, and that was the trouble.',
    'Leave the boards in the room for a fortnight before you cut them.',
    'Old screws turn more easily after a tap with the hammer.',
    'I drew the gate three times and built the second drawing.',
    'Most of the work was taking the paint off.',
    'The wheel runs true to a millimetre, which is true enough.',
  ],
}

const topics = [garden, kitchen, engineering, workshop] as const

/**
 * Creates post number `index`, the same on each call; the first 200 have different titles.
 *
 * @param index from 0
 */
function writePost(index: number): { title: string; body: string } {
  const topic = cycle(topics, index)
  const round = Math.floor(index / topics.length)
  const title = `${cycle(topic.starts, round)} ${cycle(topic.things, round + Math.floor(round / topic.things.length))}`
  const paragraphs = [0, 1, 2]
    .slice(0, 1 + (round % 3))
    .map((paragraph) => writeParagraph(topic, round + paragraph * 3))
  return { title, body: paragraphs.join('\n\n') }
}

function writeParagraph({ sentences }: Topic, from: number): string {
  return [0, 1, 2].map((step) => cycle(sentences, from + step * (1 + (from % 3)))).join(' ')
}

/** The item at `index`, modulo the length. */
function cycle<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length]
  if (item === undefined) throw new RangeError('the list is empty')
  return item
}
