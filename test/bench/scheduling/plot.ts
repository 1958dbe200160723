/**
 * A picture of how full a server was: for each policy the sequences that ran, and on top of them
 * those that waited there, over the time of the run. Plain SVG, light background, for the README.
 */
import type { Cell } from './cell.js'

export interface Panel {
  name: string
  cell: Cell
}

const colours = {
  running: '#2b6cb0',
  waiting: '#f6ad55',
  idle: '#fed7d7',
  ink: '#1a202c',
  faint: '#718096',
  line: '#cbd5e0',
}
const width = 900
const left = 56
const right = 150
const panelHeight = 92
const panelGap = 44
const top = 94
const bottom = 64

export const plotOf = (
  panels: readonly Panel[],
  slots: number,
  title: string,
): string => {
  const longest = Math.max(...panels.map(({ cell }) => cell.makespanMs))
  const tick = tickFor(longest / 1000)
  const most = slots * 1.5
  const inner = width - left - right
  const height = top + panels.length * (panelHeight + panelGap) - panelGap + bottom
  const x = (ms: number): number => left + (ms / longest) * inner
  const ticks = Array.from(
    { length: Math.floor(longest / 1000 / tick) + 1 },
    (_, i) => i * tick,
  )
  const foot = height - bottom
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" fill="${colours.ink}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(left, 28, title, { size: 17, weight: 'bold' }),
    ...legend(slots),
    ...panels.flatMap((panel, i) =>
      drawPanel(panel, { x, most, slots, from: top + i * (panelHeight + panelGap) }),
    ),
    ...ticks.flatMap(seconds => [
      `<line x1="${x(seconds * 1000).toFixed(1)}" x2="${x(seconds * 1000).toFixed(1)}" y1="${foot + 4}" y2="${foot + 9}" stroke="${colours.faint}"/>`,
      text(x(seconds * 1000), foot + 24, String(seconds), { anchor: 'middle' }),
    ]),
    text(left + inner / 2, foot + 46, 'seconds since the start (simulated time)', {
      anchor: 'middle',
      size: 13,
    }),
    `<text transform="translate(16 ${(top + foot) / 2}) rotate(-90)" font-size="13" text-anchor="middle">sequences at the server</text>`,
    '</svg>',
    '',
  ].join('\n')
}

const legend = (slots: number): string[] => {
  const entries = [
    [colours.running, 'running'],
    [colours.waiting, 'waiting at the server (cut off above)'],
    [colours.idle, `idle slots, of ${slots}`],
  ] as const
  const starts = [left, left + 92, left + 368]
  const first = left + 520
  return [
    ...entries.flatMap(([colour, words], i) => [
      `<rect x="${starts[i]}" y="44" width="14" height="12" fill="${colour}"/>`,
      text((starts[i] as number) + 20, 54.5, words, { size: 13 }),
    ]),
    `<line x1="${first + 7}" x2="${first + 7}" y1="41" y2="59" stroke="${colours.ink}" stroke-dasharray="3 3"/>`,
    text(first + 16, 54.5, 'first row is out', { size: 13 }),
  ]
}

type Look = Cell['timeline'][number]

interface Frame {
  x: (ms: number) => number
  most: number
  slots: number
  from: number
}

const drawPanel = ({ name, cell }: Panel, { x, most, slots, from }: Frame): string[] => {
  const base = from + panelHeight
  const y = (sequences: number): number =>
    base - (Math.min(sequences, most) / most) * panelHeight
  const { timeline, makespanMs, idealMs, firstMs } = cell
  /** Steps, from each look to the next; a value that stays needs no point. */
  const area = (of: (look: Look) => number): string => {
    let path = `M${x(0).toFixed(1)},${base}`
    let level = base
    let at = 0
    for (const look of timeline) {
      const next = y(of(look))
      if (next !== level) path += ` H${x(at).toFixed(1)} V${next.toFixed(1)}`
      level = next
      at = look.atMs
    }
    return `${path} H${x(makespanMs).toFixed(1)} V${base}Z`
  }
  const end = x(makespanMs)
  const first = x(firstMs)
  return [
    text(left, from - 9, name, { size: 14, weight: 'bold' }),
    `<rect x="${left}" y="${y(slots).toFixed(1)}" width="${(end - left).toFixed(1)}" height="${(base - y(slots)).toFixed(1)}" fill="${colours.idle}"/>`,
    `<path d="${area(look => look.running + look.waiting)}" fill="${colours.waiting}"/>`,
    `<path d="${area(look => look.running)}" fill="${colours.running}"/>`,
    `<line x1="${left}" x2="${(width - right).toFixed(1)}" y1="${base}" y2="${base}" stroke="${colours.faint}"/>`,
    ...[0, slots].flatMap(value => [
      `<line x1="${left - 5}" x2="${left}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="${colours.faint}"/>`,
      text(left - 9, y(value) + 4, String(value), { anchor: 'end' }),
    ]),
    `<line x1="${left}" x2="${left}" y1="${from}" y2="${base}" stroke="${colours.faint}"/>`,
    `<line x1="${first.toFixed(1)}" x2="${first.toFixed(1)}" y1="${from - 4}" y2="${base}" stroke="${colours.ink}" stroke-dasharray="3 3"/>`,
    text(end + 10, base - 40, `${(makespanMs / 1000).toFixed(0)} s`, {
      size: 15,
      weight: 'bold',
    }),
    text(end + 10, base - 22, `${(makespanMs / idealMs).toFixed(2)} × ideal`, {}),
    text(end + 10, base - 6, `first row ${(firstMs / 1000).toFixed(0)} s`, {}),
  ]
}

const tickFor = (seconds: number): number =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find(step => seconds / step <= 10) ?? 2000

const text = (
  x: number,
  y: number,
  words: string,
  { size = 12, weight = 'normal', anchor = 'start' },
): string =>
  words === ''
    ? ''
    : `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${words}</text>`
