/**
 * How much of one text stands in another, by words; by single characters in scripts that put no
 * space between words. Cheap, language-neutral, and good enough to see a lost task or an echo.
 */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Khmer}\\p{Script=Lao}\\p{Script=Myanmar}'
const words = new RegExp(`[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}])+`, 'gu')

/** Words in lower case, punctuation left out. */
export const wordsOf = (text: string): string[] =>
  text.normalize('NFKC').toLowerCase().match(words) ?? []

/** How many words of `part` also stand in `whole`, each counted as often as it occurs there. */
export const sharedWords = (
  part: readonly string[],
  whole: readonly string[],
): number => {
  const left = new Map<string, number>()
  for (const word of whole) left.set(word, (left.get(word) ?? 0) + 1)
  let shared = 0
  for (const word of part) {
    const n = left.get(word) ?? 0
    if (n === 0) continue
    shared++
    left.set(word, n - 1)
  }
  return shared
}

/** Share of `part`'s words that stand in `whole`: 1 for an empty part. */
export const containment = (part: readonly string[], whole: readonly string[]): number =>
  part.length === 0 ? 1 : sharedWords(part, whole) / part.length

/** Whether two texts say the same but for case, spacing and punctuation. */
export const sameWords = (a: string, b: string): boolean => {
  const [x, y] = [wordsOf(a), wordsOf(b)]
  return x.length === y.length && x.every((word, i) => word === y[i])
}
