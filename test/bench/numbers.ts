/** Numbers for tables. */

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const [below = NaN, above = NaN] = [sorted[half - 1], sorted[half]]
  return sorted.length % 2 === 1 ? above : (below + above) / 2
}

export const fixed = (value: number, digits = 2): string => value.toFixed(digits)

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

/**
 * Runs every one of `rounds` times, in turns: what the machine does besides then hits all of
 * them alike, and a ratio within one run means something.
 */
export const alternating = async <Name extends string, Value>(
  rounds: number,
  runs: { [name in Name]: () => Promise<Value> },
): Promise<{ [name in Name]: Value[] }> => {
  const names = Object.keys(runs) as Name[]
  const values = Object.fromEntries(names.map(name => [name, []])) as unknown as {
    [name in Name]: Value[]
  }
  for (let round = 0; round < rounds; round++)
    for (const name of names) values[name].push(await runs[name]())
  return values
}
