import { Editor } from '#components/editor'

export const metadata = { title: 'Write' }

export default function NewPostPage() {
  return <Editor />
}
