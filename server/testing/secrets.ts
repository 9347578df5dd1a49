/** The password of every user that the factories make, unless a test says otherwise. */
export const testPassword = 'a quiet harbour at dawn'
export const testPepper = 'pepper-of-the-test-suite-0123456789abcdef'
export const testTokenSecret = 'token-secret-of-the-test-suite-0123456789'
