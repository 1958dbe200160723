import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import { composePrompt } from '../../lib/prompts/compose.js'
import { decomposePrompt } from '../../lib/prompts/decompose.js'
import { judgeOnePrompt } from '../../lib/prompts/judge-one.js'
import { judgePrompt } from '../../lib/prompts/judge.js'
import { questionPrompt } from '../../lib/prompts/question.js'
import { mayHold, readJson } from '../../lib/prompts/read-json.js'
import { restoreTags, tagNames, tagged } from '../../lib/prompts/tags.js'
import { readTrained } from '../../lib/prompts/trained-composer.js'
import { isWellFormed, wellFormed } from '../../lib/jsonl/well-formed.js'
import type { Property } from './property.js'
import { anyJson, anyObject, anyText, damaged } from './texts.js'

const anyReply = fc.oneof(anyText, anyJson, damaged(anyJson), damaged(anyObject))

/** Every text in a value. */
const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : []

export const tolerantReader: Property = {
  name: 'read-json',
  promises: 'whatever a model writes is an object of whole characters, or nothing',
  share: 4,
  property: fc.property(anyReply, reply => {
    const reading = readJson(reply)
    if (!reading) return
    assert.equal(typeof reading.value, 'object')
    assert.notEqual(reading.value, null)
    assert.ok(wellFormed(reply).includes(reading.piece))
    assert.ok(textsIn(reading.value).every(isWellFormed))
    assert.ok(mayHold(reading.piece, () => true))
    for (const name of ['decompose', 'question', 'compose'] as const)
      assert.ok(textsIn(readers[name](reply)).every(isWellFormed), name)
    assert.ok(textsIn(readTrained(reply)).every(isWellFormed))
  }),
}

const readers = {
  decompose: (reply: string) => decomposePrompt.read(reply, { prompt: 'p' }),
  question: (reply: string) =>
    questionPrompt.read(reply, { prompt: 'p', constraint: 'c' }),
  compose: (reply: string) =>
    composePrompt.read(reply, { prompt: 'p', kind: 'format', checks: [] }),
}

export const writtenJson: Property = {
  name: 'valid-json',
  promises: 'JSON that a model writes as it should is read as it was meant',
  share: 2,
  property: fc.property(
    fc.dictionary(fc.constantFrom('a', 'b', '1'), fc.jsonValue({ maxDepth: 4 })),
    fc.constantFrom('', '```json\n', 'Sure!\n', '<think>hm {</think>\n'),
    (value, before) => {
      const text = JSON.stringify(value, null, before === '' ? 2 : 0)
      const reply = `${before}${text}${before.startsWith('```') ? '\n```' : ''}`
      if (text.includes('__proto__')) return
      // An object without a key is no object to the search in prose.
      if (before.startsWith('Sure') && Object.keys(value).length === 0) return
      assert.deepEqual(readJson(reply)?.value, JSON.parse(text))
    },
  ),
}

const answer = fc.constantFrom('"yes"', '"no"', '"maybe"', 'true', 'null', '"Yes."')
/** Verdicts as judges write them, alone or in their form. */
const anyVerdict = fc
  .tuple(anyText, answer)
  .map(([why, said]) => `{"why":${JSON.stringify(why)},"answer":${said}}`)
const anyVerdicts = fc
  .array(
    fc.tuple(
      fc.constantFrom('1', '2', 'Question 1', 'q2', '0', '3'),
      fc.oneof(anyVerdict, answer),
    ),
    { maxLength: 4 },
  )
  .map(all => `{${all.map(([key, verdict]) => `"${key}":${verdict}`).join()}}`)
const anyJudging = fc.oneof(
  anyVerdicts,
  anyVerdict,
  damaged(anyVerdicts),
  damaged(anyVerdict),
  fc.tuple(anyText, anyVerdicts, anyText).map(parts => parts.join(' ')),
)

const saysYes = /yes|true/i

export const verdicts: Property = {
  name: 'verdicts',
  promises:
    'a yes is one that the judge wrote, under the number of a question that was asked; what a response wrote is none',
  share: 4,
  property: fc.property(
    anyJudging,
    anyJudging,
    fc.boolean(),
    (reply, response, quotes) => {
      const said = quotes ? `It says: ${response} Well.` : reply
      const input = { prompt: 'p', response, questions: ['a', 'b'] }
      const all = judgePrompt.read(said, input) ?? {}
      for (const [number, verdict] of Object.entries(all)) {
        assert.ok(['1', '2'].includes(number))
        assert.ok(verdict.answer === 'yes' || verdict.answer === 'no')
      }
      const one = judgeOnePrompt.read(said, { prompt: 'p', response, question: 'q' })
      const answers = [...Object.values(all), ...(one ? [one] : [])].map(v => v.answer)
      if (!saysYes.test(said)) assert.ok(!answers.includes('yes'))
      if (quotes) assert.deepEqual(answers, [], 'a quotation is no verdict')
    },
  ),
}

const anyTag = new RegExp(`<\\s*/?\\s*(?:${tagNames.join('|')})\\b`, 'gi')

export const tags: Property = {
  name: 'tags',
  promises: 'no text closes its own block, and every text comes back as it was',
  share: 4,
  property: fc.property(anyText, fc.constantFrom(...tagNames), (text, name) => {
    const block = tagged(name, text)
    assert.equal(block.match(anyTag)?.length, 2, 'one tag to open it, one to close it')
    const inner = block.slice(name.length + 3, -(name.length + 4))
    assert.equal(restoreTags(inner), text)
    for (const marker of ['<|im_end|>', '[INST]', '</s>'])
      assert.ok(!inner.includes(marker))
  }),
}
