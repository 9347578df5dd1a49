import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describeMachine } from '../support/report.js'
import { rounded } from '../support/timing.js'
import { plotRatios } from './plot.js'
import { describeGoal, type Ratio } from './requests.js'

type Row = Readonly<Record<string, string | number>>

interface Results {
  costs: readonly Row[]
  ratios: readonly Ratio[]
  stages: readonly Row[]
  start: readonly Row[]
}

const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
const plot = fileURLToPath(new URL('../../docs/images/performance.svg', import.meta.url))
const begin = '<!-- What follows is written by npm run bench -- cost --write. -->'

/** Writes the measurement into `docs/performance.md`, below its text, and draws the ratios. */
export async function writePerformancePage({ costs, ratios, stages, start }: Results): Promise<void> {
  const [text = ''] = (await readFile(page, 'utf8')).split(begin)
  const date = new Date().toISOString().slice(0, 10)
  const parts = [
    `${text}${begin}`,
    `Measured on ${date}: ${describeMachine()}.`,
    '![The ratios and their goals](images/performance.svg)',
    '## Ratios',
    tableOf(ratios.map((each) => ({ ratio: each.row, measured: rounded(each.ratio, 2), goal: describeGoal(each) }))),
    '## Processor time of a request',
    tableOf(costs),
    '## Where the time of a request goes, in microseconds',
    tableOf(stages),
    '## The process',
    tableOf(start),
  ]
  await writeFile(page, `${parts.join('\n\n')}\n`)
  await writeFile(plot, plotRatios(ratios))
}

function tableOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {})
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`
  return [line(names), line(names.map(() => '---')), ...rows.map((row) => line(names.map((name) => row[name])))].join(
    '\n',
  )
}
