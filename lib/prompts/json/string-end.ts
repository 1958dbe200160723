/**
 * Where a string in JSON that a model wrote ends. In valid JSON that is the next bare quote; a
 * model forgets to escape the quotes within, so a quote only counts if what may follow a string
 * follows. Both the search for objects and their repair ask here, so that they never disagree.
 */

/** Opening quotes and what closes them: JSON's, Python's, and the ones of printed text. */
const closers: { [open: string]: string } = { '"': '"', "'": "'", '“': '”' }

/** A quote that opens a string. A single one only where a key or value may begin: "don't". */
export const opensString = (char: string, last: string): boolean =>
  char === '"' || (char in closers && '{[,:'.includes(last))

/** Index of the closing quote, given that of the opening one; -1 where the text ends first. */
export const stringEnd = (text: string, open: number): number => {
  const closer = closers[text[open] as string]
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at++
    else if (char === closer) {
      afterString.lastIndex = at + 1
      if (afterString.test(text)) return at
    }
  }
  return -1
}

/**
 * The end of the text, a colon, a closing bracket, a comma with a key or value behind it, or a
 * key or value on the next line (the comma was forgotten).
 */
const value = String.raw`["'“{[\]}\d-]|(?:true|false|null|True|False|None)\b|[A-Za-z_$][\w$]{0,60}\s*:|$`
const afterString = new RegExp(
  String.raw`[^\S\n]*(?:$|[:}\]]|,\s*(?:${value})|\n\s*(?:[,:]|${value}))`,
  'y',
)
