/**
 * Texts that can be written as UTF-8: without halves of surrogate pairs, as emoji cut in two leave
 * behind. JSON can carry such a half as an escape; no tokenizer can read it.
 */

// In Node since 20; the ES2023 library declarations do not know them yet.
type Text = { isWellFormed(): boolean; toWellFormed(): string }

export const isWellFormed = (text: string): boolean =>
  (text as unknown as Text).isWellFormed()

/** With U+FFFD in the place of each half, as decoders write it. */
export const wellFormed = (text: string): string =>
  isWellFormed(text) ? text : (text as unknown as Text).toWellFormed()

/** The first `length` characters at most, without the half of one at the cut. */
export const beginning = (text: string, length: number): string => {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}
