/**
 * Whether a text can be written as UTF-8: it holds no half of a surrogate pair, as emoji cut in
 * two leave behind. JSON can carry such text as an escape; no tokenizer can read it.
 */
export const isWellFormed = (text: string): boolean =>
  // In Node since 20; the ES2023 library declarations do not know it yet.
  (text as unknown as { isWellFormed(): boolean }).isWellFormed()
