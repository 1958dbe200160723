/**
 * Text from inputs and models is untrusted where it meets a terminal: escapes could rewrite the
 * screen, bidi controls could make it lie. Everything shown to people goes through here.
 */

/** CSI and OSC sequences with what they carry, then every other control character. */
const escapes = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g
/** Bidi embeddings, overrides, isolates and marks (CVE-2021-42574), and invisible joiners. */
const invisible = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** One line, at most `maxLength` characters, with nothing in it that moves or hides text. */
export const printable = (text: string, maxLength = 300): string => {
  const line = text
    .slice(0, maxLength * 4)
    .replace(escapes, '')
    .replace(/[\t\r\n]+/g, ' ')
    .replace(controls, '')
    .replace(invisible, '')
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`
}
