/**
 * A corpus for runs that are cut: prompts that can be told apart in every request made of them,
 * blank lines, a line that is no JSON, and prompts that the server refuses.
 */
import type { SimulatedServer } from '../../fixtures/vllm/simulate.js'

/** Names the prompt in all that is made of it. */
const markOf = (i: number): string => `case ${1000 + i}`
const mark = /case 1\d{3}/g

/** The last mark in a request: a chat holds those of its earlier turns as well. */
export const markIn = (raw: string): string | undefined => raw.match(mark)?.at(-1)

const forms = ['a list', 'one paragraph', 'a table', 'a letter', 'short sentences']
const promptOf = (i: number): string =>
  `Describe ${markOf(i)} in about ${10 + (i % 7) * 5} words, in French, as ${forms[i % forms.length]}.`

export interface Corpus {
  lines: string[]
  /** Mark of each record in the order of the input; undefined for one that makes no calls. */
  marks: (string | undefined)[]
}

export const makeCorpus = (prompts: number): Corpus => {
  const corpus: Corpus = { lines: [], marks: [] }
  for (let i = 0; i < prompts; i++) {
    corpus.lines.push(JSON.stringify({ query: promptOf(i) }))
    corpus.marks.push(markOf(i))
    if (i % 17 === 5) corpus.lines.push('')
    if (i % 23 === 7) {
      corpus.lines.push('{"query": "cut in the mid')
      corpus.marks.push(undefined)
    }
  }
  return corpus
}

/** The same prompts as conversations of two, three user turns, of which each becomes a record. */
export const makeChats = (prompts: number): string[] =>
  Array.from({ length: Math.ceil(prompts / 3) }, (_, chat) => {
    const turns = Array.from({ length: 2 + (chat % 2) }, (_, turn) => chat * 3 + turn)
    return JSON.stringify({
      messages: turns.flatMap(i => [
        { role: 'user', content: promptOf(i) },
        { role: 'assistant', content: 'Voilà.' },
      ]),
    })
  })

/** Every tenth prompt is one that the server will not answer. */
export const refuseSome = (server: SimulatedServer): void => {
  server.script(
    ({ raw, path }) => path.includes('chat') && /case 1\d\d3/.test(markIn(raw) ?? ''),
    {
      status: 400,
      body: { error: { message: 'not this one', type: 'BadRequestError' } },
    },
  )
}
