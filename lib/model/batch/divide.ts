/** One sum shared out by weight, in whole numbers that add up to it. */

/** The remainder goes to the first. Weights are above zero. */
export const divide = (sum: number, weights: readonly number[]): number[] => {
  const total = weights.reduce((all, weight) => all + weight, 0)
  const shares = weights.map(weight => Math.floor((sum * weight) / total))
  const rest = sum - shares.reduce((all, share) => all + share, 0)
  return shares.map((share, i) => (i === 0 ? share + rest : share))
}
