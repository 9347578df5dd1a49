export default function Page() {
  return <h1>The same for everyone</h1>
}
