import type { Actor } from '../../core/actor.js'
import type { Database, Transaction } from '../../core/database/client.js'
import type { BySlug } from '../../core/fields/schema.js'
import { readAll } from '../../core/pagination/cursor.js'
import { expectFound } from '../../core/rows/row.js'
import { visibleArticles } from '../articles/service.js'

/** The articles that users like. Adding one twice, or removing one that is none, changes nothing. */
export function createFavouritesService({ db }: { db: Database }) {
  async function pairOf(actor: Actor, { slug }: BySlug) {
    const where = { ...visibleArticles(actor), slug }
    const { id: articleId } = await expectFound('Article', db.article.findFirst({ where, select: { id: true } }))
    return { articleId, userId: actor.userId }
  }

  return {
    async add(actor: Actor, key: BySlug) {
      await db.favourite.createMany({ data: await pairOf(actor, key), skipDuplicates: true })
    },

    async remove(actor: Actor, key: BySlug) {
      await db.favourite.deleteMany({ where: await pairOf(actor, key) })
    },

    ownRows: (userId: string) => readAll((range) => db.favourite.findMany({ where: { userId }, ...range })),
    eraseOwnRows: (tx: Transaction, userId: string) => tx.favourite.deleteMany({ where: { userId } }),
  }
}
