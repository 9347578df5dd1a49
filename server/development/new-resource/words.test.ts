import { expect, test } from 'vitest'
import { kebabOf, nounOf, replaceWords } from './words.js'

test.each([
  ['note', 'notes'],
  ['category', 'categories'],
  ['day', 'days'],
  ['box', 'boxes'],
  ['address', 'addresses'],
  ['branch', 'branches'],
  ['blog-entry', 'blog-entries'],
])('the regular plural of %s is %s', (singular, plural) => {
  expect(nounOf(singular).plural.kebab).toBe(plural)
})

test('a noun has its forms for code, paths and prose, and a plural of its own if one is given', () => {
  expect(nounOf('blog-entry').singular).toEqual({
    kebab: 'blog-entry',
    camel: 'blogEntry',
    pascal: 'BlogEntry',
    prose: 'blog entry',
  })
  expect(nounOf('person', 'people').plural.pascal).toBe('People')
  expect(kebabOf('BlogEntry')).toBe('blog-entry')
})

const nouns = { comment: nounOf('order-line'), post: nounOf('order') }

test.each([
  ['const commentColumns = db.comment', 'const orderLineColumns = db.orderLine'],
  ['visibleComments, CommentWhereInput, postId, onPost', 'visibleOrderLines, OrderLineWhereInput, orderId, onOrder'],
  [`path: '/posts/{postId}/comments'`, `path: '/orders/{orderId}/order-lines'`],
  [`from '../comments/comments.test-support.js'`, `from '../order-lines/order-lines.test-support.js'`],
  [`'comments.list': {}, scope: ['comments']`, `'orderLines.list': {}, scope: ['orderLines']`],
  [`summary: 'Get a comment'`, `summary: 'Get an order line'`],
  [`test('a comment on a post, and a removed post')`, `test('an order line on an order, and a removed order')`],
  ['/** Comments on posts, unless `postId` is given. */', '/** Order lines on orders, unless `orderId` is given. */'],
  [`f('x', comment, 'y')`, `f('x', orderLine, 'y')`],
  [`method: 'POST', PostgreSQL, impost, posting`, `method: 'POST', PostgreSQL, impost, posting`],
])('%s becomes %s', (template, text) => {
  expect(replaceWords(template, nouns)).toBe(text)
})

test.each([
  ['user story', 'a user story'],
  ['umbrella', 'an umbrella'],
  ['event', 'an event'],
])('%s has its article', (prose, text) => {
  expect(replaceWords('// a comment', { comment: nounOf(prose.replaceAll(' ', '-')) })).toBe(`// ${text}`)
})
