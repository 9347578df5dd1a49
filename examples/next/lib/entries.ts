/** The pages of someone who is not signed in, by their path, and what stands on top. Mails link to the last four. */
export const entries: Record<string, { title: string; lead: string }> = {
  'sign-in': { title: 'Sign in', lead: 'Good to have you back.' },
  'sign-up': { title: 'Sign up', lead: 'A name, an address, a password. We send you a link to confirm.' },
  'forgot-password': { title: 'Forgot your password?', lead: 'We send you a link with which you choose another one.' },
  'verify-email': { title: 'Confirm your address', lead: 'One press completes your registration.' },
  'confirm-email-change': { title: 'Confirm your new address', lead: 'From then on, you sign in with it.' },
  'reset-password': { title: 'Choose a new password', lead: 'All your sessions end, so sign in with it afterwards.' },
  'accept-invitation': { title: 'Welcome', lead: 'There is an account for you. Choose a password to use it.' },
}
