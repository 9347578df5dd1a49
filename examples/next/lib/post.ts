import { apiError } from '@plinth/client'
import { getApi } from '@plinth/client/next'
import { notFound } from 'next/navigation'
import { cache } from 'react'

/** The post of a page, in the name of its visitor. It is read once for each request. */
export const getPost = cache(async (id: string) => {
  const api = await getApi()
  return api.posts.get.query({ id }).catch((error: unknown) => {
    const code = apiError(error)?.code
    if (code === 'NOT_FOUND' || code === 'VALIDATION_ERROR') notFound()
    throw error
  })
})
