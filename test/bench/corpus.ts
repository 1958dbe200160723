/** Text for benchmarks: the same on every machine, of the shapes and lengths of real prompts. */

const words =
  'write a short and friendly letter that explains the new rules of our library to parents without any jargon keep it under two hundred words use three bullet points mention the opening hours twice and end with a question about weekends'.split(
    ' ',
  )

/** A sentence of about `length` characters that no other `i` has. */
export const prose = (i: number, length: number): string => {
  let text = `Prompt ${i}:`
  for (let at = i; text.length < length; at++)
    text += ` ${words[(at * 7 + i) % words.length]}`
  return text
}

/** A line of `{"id", "query"}`. */
export const queryLine = (i: number, length = 1000): string =>
  JSON.stringify({ id: `bench-${i}`, query: prose(i, length) })
