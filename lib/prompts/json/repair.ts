/**
 * Writes slightly broken JSON anew: Python's literals and quotes, quotes and line breaks within
 * strings, commas too many or forgotten, bare keys, last brackets forgotten. One walk, nothing
 * made up, and `JSON.parse` has the last word. (jsonrepair mends more, but it turns any code
 * into strings, finishes strings that were cut off, and took 7 s for 8 KB of a looping reply.)
 */
import { opensString, stringEnd } from './string-end.js'

/** Text for `JSON.parse`, or undefined: cut off, or broken in a way that takes guessing. */
export const repairJson = (text: string): string | undefined => {
  const out: string[] = []
  const open: string[] = []
  let last = ''
  let cut = false

  const put = (kind: string, written: string): void => {
    const startsValue = kind === 'value' || kind === '{' || kind === '['
    if (startsValue && endsValue(last)) out.push(',')
    if ((kind === '}' || kind === ']') && last === ',') out.pop()
    out.push(written)
    last = kind
  }

  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (opensString(char, last === 'value' ? '' : last)) {
      const end = stringEnd(text, at)
      if (end < 0) return undefined
      put('value', quoted(text.slice(at + 1, end)))
      at = end
    } else if (char === '{' || char === '[') {
      put(char, char)
      open.push(char === '{' ? '}' : ']')
    } else if (char === '}' || char === ']') {
      if (open.pop() !== char) return undefined
      put(char, char)
    } else if (char === ',') {
      if (endsValue(last)) put(char, char)
    } else if (char === ':') put(char, char)
    else if (char.trim() !== '') {
      word.lastIndex = at
      const [bare] = word.exec(text) ?? [char]
      const written = bareWord(bare, text.slice(at + bare.length, at + bare.length + 20))
      if (written === undefined) return undefined
      put('value', written)
      cut = at + bare.length === text.length
      at += bare.length - 1
    }
  }
  if (open.length > 0 && (cut || !endsValue(last))) return undefined
  return out.join('') + open.reverse().join('')
}

const endsValue = (last: string): boolean =>
  last === 'value' || last === '}' || last === ']'

const word = /[^\s,:{}[\]"'“”]+/y

const literals: { [word: string]: string } = {
  true: 'true',
  false: 'false',
  null: 'null',
  True: 'true',
  False: 'false',
  None: 'null',
}

/** A literal, a number, a bare key, or a bare yes or no. Anything else would be made up. */
const bareWord = (bare: string, after: string): string | undefined => {
  if (/^\s*:/.test(after)) {
    return /^[\w$]+$/.test(bare) ? JSON.stringify(bare) : undefined
  }
  if (Object.hasOwn(literals, bare)) return literals[bare]
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(bare)) return bare
  return /^(yes|no)$/i.test(bare) ? JSON.stringify(bare) : undefined
}

/** The inside of a string as a JSON string: good escapes stay, the rest is taken literally. */
const quoted = (inside: string): string => {
  const [, , within = inside] = tripleQuoted.exec(inside) ?? []
  return `"${within.replace(escapeOrOdd, found =>
    jsonEscape.test(found)
      ? found
      : JSON.stringify(unescaped[found] ?? found).slice(1, -1),
  )}"`
}
/** What is left of Python's """ and ''' when their outer quotes are gone. */
const tripleQuoted = /^(["'])\1([^]*)\1\1$/
const escapeOrOdd = /\\u[\da-fA-F]{4}|\\[^]|["\\\u0000-\u001f]/g
const jsonEscape = /^\\(?:["\\/bfnrt]|u[\da-fA-F]{4})$/
/** Python's escapes that JSON has not. Others stay as they are: "\d" is a pattern, not a slip. */
const unescaped: { [found: string]: string } = { "\\'": "'", '\\\n': '\n' }
