/**
 * How much of one text stands in another, by words; by pairs of characters in scripts that put
 * no space between words (single ones are so frequent that unrelated texts share half of them).
 * Cheap, language-neutral, and good enough to see a lost task or an echo.
 */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Khmer}\\p{Script=Lao}\\p{Script=Myanmar}'
const runs = new RegExp(`[${unspaced}]+|(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}])+`, 'gu')
const isUnspaced = new RegExp(`^[${unspaced}]`, 'u')

/** Words in lower case, punctuation left out; a run of unspaced script gives its pairs. */
export const wordsOf = (text: string): string[] =>
  (text.normalize('NFKC').toLowerCase().match(runs) ?? []).flatMap(run =>
    isUnspaced.test(run) ? pairsOf(run) : run,
  )

const pairsOf = (run: string): string[] => {
  const letters = [...run]
  return letters.length === 1
    ? letters
    : letters.slice(1).map((b, i) => `${letters[i]}${b}`)
}

/** Whether most of these words are pairs of an unspaced script. */
export const mostlyUnspaced = (words: readonly string[]): boolean =>
  2 * words.filter(word => isUnspaced.test(word)).length > words.length

/** What of `part` is not in `whole`, each word counted as often as it occurs there. */
export const wordsBeyond = (
  part: readonly string[],
  whole: readonly string[],
): string[] => {
  const left = new Map<string, number>()
  for (const word of whole) left.set(word, (left.get(word) ?? 0) + 1)
  return part.filter(word => {
    const n = left.get(word) ?? 0
    if (n > 0) left.set(word, n - 1)
    return n === 0
  })
}

/** Share of `part`'s words that stand in `whole`: 1 for an empty part. */
export const containment = (part: readonly string[], whole: readonly string[]): number =>
  part.length === 0 ? 1 : 1 - wordsBeyond(part, whole).length / part.length

/** Beginnings of words, so that "rhymes" meets "rhyming"; numbers and pairs as they are. */
export const stemsOf = (words: readonly string[]): Set<string> =>
  new Set(words.map(word => [...word].slice(0, 4).join('')))

/** Whether two texts say the same but for case, spacing and punctuation. */
export const sameWords = (a: string, b: string): boolean => {
  const [x, y] = [wordsOf(a), wordsOf(b)]
  return x.length === y.length && x.every((word, i) => word === y[i])
}
