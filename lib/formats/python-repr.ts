/**
 * Data as Python's `repr` prints it. UltraComposer was trained with its history in this form
 * (method of the paper's code: `str()` of a list), and quoting there depends on the content.
 */

export type PythonValue =
  string | readonly PythonValue[] | { readonly [key: string]: PythonValue }

/**
 * `[{'from': 'human', 'value': "it's"}]`. Equal to CPython 3's but for characters that one of
 * the two Unicode tables does not know yet.
 */
export const pythonRepr = (value: PythonValue): string => {
  if (typeof value === 'string') return stringRepr(value)
  if (isList(value)) return `[${value.map(pythonRepr).join(', ')}]`
  const entries = Object.entries(value).map(
    ([key, item]) => `${stringRepr(key)}: ${pythonRepr(item)}`,
  )
  return `{${entries.join(', ')}}`
}

const isList = (value: PythonValue): value is readonly PythonValue[] =>
  Array.isArray(value)

const stringRepr = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(special, char =>
    char === quote || char === '\\'
      ? `\\${char}`
      : char === "'" || char === '"' || char === ' '
        ? char
        : (named[char] ?? hex(char.codePointAt(0) ?? 0)),
  )
  return quote + escaped + quote
}

/** Quotes, the backslash, and what Python calls not printable: all of Other and Separator. */
const special = /['"\\\p{C}\p{Z}]/gu

const named: { [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const hex = (code: number): string =>
  code <= 0xff
    ? `\\x${padded(code, 2)}`
    : code <= 0xffff
      ? `\\u${padded(code, 4)}`
      : `\\U${padded(code, 8)}`

const padded = (code: number, digits: number): string =>
  code.toString(16).padStart(digits, '0')
