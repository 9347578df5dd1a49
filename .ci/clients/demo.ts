/** What the sessions of the three clients send. */
export const url = `${process.env.API_URL}/api`
export const login = { email: 'admin@example.com', password: 'demo-admin-passphrase' }
export const as = (credential: string) => ({ authorization: `Bearer ${credential}` })
export const someone = (client: string) => ({ email: `${client}@example.com`, name: 'Grace Adeyemi' })
