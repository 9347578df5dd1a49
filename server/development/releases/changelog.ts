import type { Breakage } from './refused-values.js'

/**
 * The breakages that a changelog does not announce. The sections above that of the release are searched for items with
 * the word "Breaking". They name a place in backticks, or what it is part of: `POST /posts` covers `POST /posts
 * body.title`.
 *
 * @throws Error if the changelog has no section for the release
 */
export function unannounced(breakages: readonly Breakage[], changelog: string, release: string): Breakage[] {
  const names = announcedNames(sectionsAbove(changelog, release))
  return breakages.filter(({ place }) => !names.some((name) => isPart(place, name)))
}

function sectionsAbove(changelog: string, release: string): string {
  const end = changelog.indexOf(`\n## [${release}]`)
  if (end === -1) throw new Error(`CHANGELOG.md has no section for ${release}, the release in docs/release.`)
  return changelog.slice(0, end)
}

function announcedNames(text: string): string[] {
  const items = text.split(/^(?=- |#)/m).filter((item) => /\bBreaking\b/.test(item))
  return items.flatMap((item) => [...item.replaceAll(/\s+/g, ' ').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
}

function isPart(place: string, name: string): boolean {
  return place === name || (place.startsWith(name) && /^[ .[{]/.test(place.slice(name.length)))
}
