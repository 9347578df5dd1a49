export const metadata = { title: 'Your account' }

export { Account as default } from '#components/account'
