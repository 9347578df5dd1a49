import { describeGoal, isAsGood, type Ratio } from './requests.js'

const labelWidth = 260
const barWidth = 380
const rowHeight = 30

/** Draws each ratio as a bar, and its goal as a line across it. A bar is as long as the ratio is to twice the goal. */
export function plotRatios(ratios: readonly Ratio[]): string {
  const height = ratios.length * rowHeight + 20
  const rows = ratios.map((each, index) => {
    const { row, ratio, goal } = each
    const y = 10 + index * rowHeight
    const length = Math.min(1, ratio / (2 * goal)) * barWidth
    const colour = isAsGood(each, goal) ? '#2f7d5b' : '#b5651d'
    return `
  <text x="${labelWidth - 8}" y="${y + 17}" text-anchor="end">${row}</text>
  <rect x="${labelWidth}" y="${y + 4}" width="${length.toFixed(1)}" height="18" fill="${colour}"/>
  <line x1="${labelWidth + barWidth / 2}" x2="${labelWidth + barWidth / 2}" y1="${y}" y2="${y + 26}" stroke="#222"/>
  <text x="${labelWidth + barWidth + 8}" y="${y + 17}">${ratio.toFixed(2)} (goal: ${describeGoal(each)})</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth + barWidth + 180}" height="${height}" font-family="sans-serif" font-size="13">
  <title>Ratios of processor time, and their goals</title>
  <rect width="100%" height="100%" fill="#fff"/>${rows.join('')}
</svg>
`
}
