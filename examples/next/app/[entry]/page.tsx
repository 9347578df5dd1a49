import { Entry } from '#components/entry'
import { entries } from '#lib/entries'

type Props = { params: Promise<{ entry: string }> }

export const dynamicParams = false
export const generateStaticParams = () => Object.keys(entries).map((entry) => ({ entry }))

export async function generateMetadata({ params }: Props) {
  return { title: entries[(await params).entry]?.title }
}

export default async function EntryPage({ params }: Props) {
  const { entry } = await params
  return (
    <>
      <h1>{entries[entry]?.title}</h1>
      <p className="lead">{entries[entry]?.lead}</p>
      <Entry name={entry} />
    </>
  )
}
