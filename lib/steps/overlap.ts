/**
 * How much of one text stands in another, by words; by pairs of characters in scripts that put
 * no space between words (single ones are so frequent that unrelated texts share half of them).
 * Cheap, language-neutral, and good enough to see a lost task or an echo.
 */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Khmer}\\p{Script=Lao}\\p{Script=Myanmar}'
const runs = new RegExp(`[${unspaced}]+|(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}])+`, 'gu')
const isUnspaced = new RegExp(`^[${unspaced}]`, 'u')

/** Most prompts are ASCII, and what the classes above hold of it takes a tenth of the time. */
const ascii = /^[\x00-\x7f]*$/
const asciiRuns = /[a-z0-9]+/g

/** Words in lower case, punctuation left out; a run of unspaced script gives its pairs. */
export const wordsOf = (text: string): string[] =>
  ascii.test(text)
    ? (text.toLowerCase().match(asciiRuns) ?? [])
    : (foldedOf(text).toLowerCase().match(runs) ?? []).flatMap(run =>
        isUnspaced.test(run) ? pairsOf(run) : run,
      )

/** Full-width letters and ligatures as plain ones; not where it would blow the text up, as 18 letters for each U+FDFA do. */
const foldedOf = (text: string): string => {
  const folded = text.normalize('NFKC')
  return folded.length > 2 * text.length ? text : folded
}

const pairsOf = (run: string): string[] => {
  const letters = [...run]
  return letters.length === 1
    ? letters
    : letters.slice(1).map((b, i) => `${letters[i]}${b}`)
}

/** Whether most of these words are pairs of an unspaced script. */
export const mostlyUnspaced = (words: readonly string[]): boolean =>
  2 * words.filter(word => isUnspaced.test(word)).length > words.length

/** How often each word occurs. Made once for a text that others are compared with. */
export type WordCounts = ReadonlyMap<string, number>

export const countsOf = (words: readonly string[]): WordCounts => {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** What of `part` is not in `whole`, each word counted as often as it occurs there. */
export const wordsBeyond = (
  part: readonly string[],
  whole: readonly string[] | WordCounts,
): string[] => {
  const there = isCounts(whole) ? whole : countsOf(whole)
  const used = new Map<string, number>()
  return part.filter(word => {
    const limit = there.get(word)
    if (limit === undefined) return true
    const n = (used.get(word) ?? 0) + 1
    used.set(word, n)
    return n > limit
  })
}

const isCounts = (whole: readonly string[] | WordCounts): whole is WordCounts =>
  whole instanceof Map

/** Share of `part`'s words that stand in `whole`: 1 for an empty part. */
export const containment = (
  part: readonly string[],
  whole: readonly string[] | WordCounts,
): number => (part.length === 0 ? 1 : 1 - wordsBeyond(part, whole).length / part.length)

/** Beginnings of words, so that "rhymes" meets "rhyming"; numbers and pairs as they are. */
export const stemsOf = (words: readonly string[]): Set<string> =>
  new Set(words.map(stemOf))

const stemOf = (word: string): string =>
  ascii.test(word) ? word.slice(0, 4) : [...word].slice(0, 4).join('')

/** Whether two texts say the same but for case, spacing and punctuation. */
export const sameWords = (a: string, b: string): boolean =>
  a === b || areSame(wordsOf(a), wordsOf(b))

export const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, i) => word === b[i])
