import { Account } from '#components/account'

export const metadata = { title: 'Your account' }

export default function AccountPage() {
  return (
    <>
      <h1>Your account</h1>
      <Account />
    </>
  )
}
