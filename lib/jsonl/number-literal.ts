/**
 * The digits of a number as they stand in the line. JSON.parse rounds integers beyond 2^53,
 * which makes two posts of one corpus share an id (Twitter's and Discord's ids are that long).
 */

/** The literal of the field `key` of the object that `text` holds, or undefined. */
export const numberLiteral = (text: string, key: string): string | undefined => {
  let found: string | undefined
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === '"') {
      const end = closingQuote(text, at + 1)
      if (depth === 1 && text.slice(at + 1, end) === key) {
        afterKey.lastIndex = end + 1
        found = afterKey.exec(text)?.[1] ?? found
      }
      at = end
    }
  }
  return found
}

const afterKey = /\s*:\s*(-?\d[\d.eE+-]*)/y

const closingQuote = (text: string, from: number): number => {
  let at = from
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
