/** The password of every user of the factories, by default. */
export const testPassword = 'a quiet harbour at dawn'
export const testPepper = 'pepper-of-the-test-suite-0123456789abcdef'
export const testTokenSecret = 'token-secret-of-the-test-suite-0123456789'
