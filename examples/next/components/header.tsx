'use client'

import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { useUser } from '#lib/user'
import { Action } from './action'
import { client } from './providers'

export function Header({ title }: { title: string }) {
  const { user, isServerAway } = useUser()
  const router = useRouter()
  return (
    <header>
      <div className="bar">
        <Link href="/" className="brand">
          {title}
        </Link>
        <nav aria-label="Main">
          <LinkTo href="/" text="Posts" />
          {user && <LinkTo href="/posts/new" text="Write" />}
          {user?.role === 'admin' && <LinkTo href="/admin/users" text="Users" />}
          {user?.role === 'admin' && <LinkTo href="/admin/audit" text="Events" />}
        </nav>
        <nav aria-label="You">
          {user ? <LinkTo href="/account" text={user.name} /> : <LinkTo href="/sign-in" text="Sign in" />}
          {user && <Action text="Sign out" run={() => client.logout().then(() => router.push('/'))} />}
          {!user && <LinkTo href="/sign-up" text="Sign up" />}
        </nav>
      </div>
      <div className="notices" role="status">
        <EndNotice isSignedIn={user !== null} />
        {user && isServerAway && <p>The server does not answer. This page goes on when it is back.</p>}
      </div>
    </header>
  )
}

/** A link that says whether its page is the one that is shown. */
const LinkTo = ({ href, text }: { href: string; text: string }) => (
  <Link href={href} aria-current={usePathname() === href ? 'page' : undefined}>
    {text}
  </Link>
)

/** Tells that the session has ended, wherever that was done, until the person goes to another page. */
function EndNotice({ isSignedIn }: { isSignedIn: boolean }) {
  const pathname = usePathname()
  const wasSignedIn = useRef(isSignedIn)
  const [endedOn, setEndedOn] = useState<string>()
  useEffect(() => {
    if (wasSignedIn.current && !isSignedIn) setEndedOn(pathname)
    wasSignedIn.current = isSignedIn
  }, [isSignedIn, pathname])
  if (isSignedIn || endedOn !== pathname) return null
  return (
    <p>
      You have been signed out. <Link href={`/sign-in?next=${encodeURIComponent(pathname)}`}>Sign in</Link> to go on.
    </p>
  )
}
