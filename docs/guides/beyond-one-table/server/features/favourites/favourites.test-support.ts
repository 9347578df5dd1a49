import type { CallRows, Stage } from '../../testing/stage.js'
import type { LimitTable } from '../../testing/test-support.js'
import { createArticle } from '../articles/articles.test-support.js'

const ofOwner = async ({ t, owner }: Stage) => ({ slug: (await createArticle(t, owner.user)).slug })

/** The calls of each procedure of favourites, for the tests of all procedures. */
export const calls: CallRows = {
  'favourites.add': { input: ofOwner },
  'favourites.remove': { input: ofOwner },
}

/** The points of the limits that favourites declare. */
export const limits: LimitTable = { favourites: { by: 'actor', points: 120, windowSeconds: 60 } }
