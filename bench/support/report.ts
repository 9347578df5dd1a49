import { availableParallelism, cpus, loadavg } from 'node:os'

type Row = Readonly<Record<string, string | number>>

/** Prints a table with a title and the machine, because numbers of different machines cannot be compared. */
export function report(title: string, rows: readonly Row[]): void {
  if (rows.length === 0) return
  console.log(`\n${title}\n${describeMachine()}`)
  const names = [...new Set(rows.flatMap(Object.keys))]
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))]
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  for (const line of cells) console.log(`  ${line.map(pad).join('  ').trimEnd()}`)
}

/** The machine and its load, in one line. */
export function describeMachine(): string {
  const load = loadavg().map((value) => value.toFixed(1))
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `${availableParallelism()} cores (${model}), Node.js ${process.versions.node}, load ${load.join(' ')}`
}
