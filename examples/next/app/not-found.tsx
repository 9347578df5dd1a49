export default function NotFound() {
  return (
    <>
      <h1>Not here</h1>
      <p className="lead">This page does not exist, or it is not yours to see.</p>
    </>
  )
}
