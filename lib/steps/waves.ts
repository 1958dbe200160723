/**
 * How many samples each wave of a record has. A wave is judged as a whole before the next is
 * drawn: small waves draw few samples too many, large ones take fewer rounds.
 */
import type { SampleOptions } from '../stages/options.js'

/**
 * Where no sizes are given. `pass`: most records need one sample; one whose first failed is a
 * harder one, and gets two at a time. At a pass rate of 0.85 and K = 5 that draws 1.31 samples a
 * record in 3 rounds at most, one at a time 1.18 in 5. `pair`: one sample is never a pair, so
 * the first wave has two (4.01 of 5 samples; 4.24 with 1, 2, 2).
 */
const usual: { [U in SampleOptions['until']]: number[] | undefined } = {
  all: undefined,
  pass: [1, 2],
  pair: [2],
}

/** The sizes for K samples: they add up to K. With `all` there is one wave. */
export const wavesFor = (
  samples: number,
  { until, waves = usual[until] }: Pick<SampleOptions, 'until' | 'waves'>,
): number[] => {
  if (until === 'all' || !waves) return [samples]
  const sizes: number[] = []
  for (let left = samples; left > 0;) {
    const size = Math.min(left, waves[sizes.length] ?? waves.at(-1) ?? left)
    sizes.push(size)
    left -= size
  }
  return sizes
}
