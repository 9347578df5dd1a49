import { randomInt } from 'node:crypto'

/** Draws a text of that length from the letters, each equally likely and unpredictable. */
export function randomText(letters: string, length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('')
}
