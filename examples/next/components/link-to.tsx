'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'

interface LinkProps {
  href: string
  text: string
  /** Tells apart links of the same text. */
  of?: string
  className?: string
}

/** A link that says whether its page is the one that is shown. */
export const LinkTo = ({ href, text, of, className }: LinkProps) => (
  <Link href={href} className={className} aria-current={usePathname() === href ? 'page' : undefined}>
    {text} {of && <span className="hidden">of {of}</span>}
  </Link>
)
