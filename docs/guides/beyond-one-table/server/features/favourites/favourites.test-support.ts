import type { CallRows, Stage } from '../../testing/stage.js'
import { createArticle } from '../articles/articles.test-support.js'

const ofOwner = async ({ t, owner }: Stage) => ({ slug: (await createArticle(t, owner.user)).slug })

/** The calls of each procedure of favourites, for the tests of all procedures. */
export const calls: CallRows = {
  'favourites.add': { input: ofOwner },
  'favourites.remove': { input: ofOwner },
}
