/**
 * How alike two texts are, from 0 to 1: the share of three-character sequences they have in
 * common (Sørensen-Dice, each counted as often as it occurs), white space run together. Cheap,
 * the same for every script, and unlike word overlap it sees case and punctuation, which many
 * constraints are about.
 */
export const similarity = (a: string, b: string): number => {
  const [x, y] = [squeeze(a), squeeze(b)]
  if (x === y) return 1
  const total = x.length + y.length - 2 * (size - 1)
  if (x.length < size || y.length < size) return 0
  const left = new Map<string, number>()
  for (const sequence of sequences(x)) {
    left.set(sequence, (left.get(sequence) ?? 0) + 1)
  }
  let shared = 0
  for (const sequence of sequences(y)) {
    const n = left.get(sequence) ?? 0
    if (n === 0) continue
    left.set(sequence, n - 1)
    shared++
  }
  return (2 * shared) / total
}

const size = 3

const squeeze = (text: string): string =>
  text.normalize('NFC').replace(/\s+/g, ' ').trim()

function* sequences(text: string): Generator<string> {
  for (let at = 0; at + size <= text.length; at++) yield text.slice(at, at + size)
}
