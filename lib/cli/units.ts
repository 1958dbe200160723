/**
 * Sizes and durations as people write them. Durations must name their unit: a bare `30` is
 * seconds to one reader and milliseconds to the next.
 */
const bytesPer: { [unit: string]: number } = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}
const msPer: { [unit: string]: number } = { ms: 1, s: 1e3, m: 60e3, h: 3600e3 }

const quantity = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i

const read = (text: string, units: { [unit: string]: number }, bare?: string) => {
  const [, amount, unit] = quantity.exec(text.trim()) ?? []
  const factor = units[unit?.toLowerCase() || (bare ?? '')]
  return amount === undefined || factor === undefined
    ? undefined
    : Math.round(Number(amount) * factor)
}

/** Bytes of `4MiB`, `512KiB`, `1GB`, `4096`; undefined for anything else. */
export const readSize = (text: string): number | undefined => read(text, bytesPer, 'b')

/** Milliseconds of `500ms`, `30s`, `10m`, `1.5h`; undefined for anything else. */
export const readDuration = (text: string): number | undefined => read(text, msPer)

/** The share that `5%` stands for, 0.05. */
export const readShare = (text: string): number => Number.parseFloat(text) / 100

const write = (amount: number, units: [string, number][]): string => {
  const [unit, factor] = units.find(([, size]) => amount % size === 0) ?? ['', 1]
  return `${amount / factor}${unit}`
}

/** The shortest exact way to write so many bytes: `4MiB`. */
export const writeSize = (bytes: number): string =>
  bytes === 0
    ? '0'
    : write(bytes, [
        ['GiB', 2 ** 30],
        ['MiB', 2 ** 20],
        ['KiB', 2 ** 10],
      ])

/** The shortest exact way to write so many milliseconds: `10m`. */
export const writeDuration = (ms: number): string =>
  ms === 0
    ? '0s'
    : write(ms, [
        ['h', 3600e3],
        ['m', 60e3],
        ['s', 1e3],
        ['ms', 1],
      ])
