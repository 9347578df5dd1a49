import { Editor } from '#components/editor'
import { getPost } from '#lib/post'

export const metadata = { title: 'Edit' }

export default async function EditPage({ params }: { params: Promise<{ id: string }> }) {
  return <Editor post={await getPost((await params).id)} />
}
