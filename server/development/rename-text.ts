/** The names of an application: for packages, cookies and keys; and for people. */
export interface AppName {
  name: string
  title: string
}

interface Renaming {
  from: AppName
  to: AppName
}

const manifests =
  /(^|\/)(package(-lock)?\.json|\.env\.example|\.gitignore|\.dockerignore|compose\.yaml|openapi-examples\.json)$|^\.github\//
const documents = /\.md$|(^|\/)LICENSE$|^docs\/release\//

/**
 * Renames the application in a file. Documents contain the title and the name as words, manifests contain the name, and
 * every file may import the packages, `@name/client` and `name/caller`. Nothing else is changed, because code reads
 * app.json.
 */
export function renameText(file: string, text: string, { from, to }: Renaming): string {
  const packages = text
    .replaceAll(`@${from.name}/client`, `@${to.name}/client`)
    .replaceAll(`'${from.name}/caller'`, `'${to.name}/caller'`)
  if (!manifests.test(file) && !documents.test(file)) return packages
  const named = packages.replace(wordOf(from.name), () => to.name)
  return from.title === from.name ? named : named.replace(wordOf(from.title), () => to.title)
}

function wordOf(text: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu')
}
