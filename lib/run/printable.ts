/**
 * Text from inputs, servers and models is untrusted where it meets a terminal: escapes could
 * rewrite the screen, bidi controls could make it lie. Everything shown to people goes through
 * here.
 */

/** CSI and OSC sequences with what they carry. */
const escapes = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g

/**
 * Characters that move, turn round or hide text: controls (the C1 ones, too, that some terminals
 * obey in UTF-8), bidi embeddings, overrides and isolates (CVE-2021-42574), line and paragraph
 * separators, joiners, tags and fillers that show nothing, halves of surrogate pairs.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** One line, at most `maxLength` characters, with nothing in it that moves or hides text. */
export const printable = (text: string, maxLength = 300): string => {
  const line = text
    .slice(0, maxLength * 4)
    .replace(escapes, '')
    .replace(/[\t\r\n]+/g, ' ')
    .replace(unprintable, '')
  return line.length <= maxLength
    ? line
    : `${line.slice(0, maxLength - 1).replace(unprintable, '')}…`
}

/** JSON on one line that says the same to a program, and nothing to a terminal. */
export const printableJson = (value: unknown): string =>
  inertJson(JSON.stringify(value) ?? 'null')

/** JSON text with such characters as escapes; line ends stay. */
export const inertJson = (json: string): string =>
  json.replace(unprintable, found => (found === '\n' ? found : escaped(found)))

/** A character above U+FFFF is two escapes. */
const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('')
