import t from 'tap'
import { messagesOf, ownTextsFor } from '../../lib/prompts/prompt.js'
import { questionPrompt } from '../../lib/prompts/question.js'
import { readOwnTexts } from '../../lib/prompts/own-texts.js'

const input = { prompt: 'Name a fruit in capitals.', constraint: 'in capitals' }

t.test('without a folder our own texts are used', async t => {
  t.same(readOwnTexts(undefined), {})
  const [system] = messagesOf(questionPrompt, input)
  t.equal(system?.content, questionPrompt.instructions)
})

t.test('a .md file replaces the instructions and leaves the worked examples', async t => {
  const dir = t.testdir({ 'question.md': 'Ask it short.\n' })
  const messages = messagesOf(questionPrompt, input, readOwnTexts(dir))
  t.equal(messages[0]?.content, 'Ask it short.')
  t.equal(messages.length, 2 + 2 * questionPrompt.examples.length)
})

t.test('an examples file replaces the worked examples', async t => {
  const dir = t.testdir({
    'question.examples.jsonl':
      '{"input":{"prompt":"P","constraint":"C"},"answer":{"question":"Q?"}}\n\n',
  })
  const messages = messagesOf(questionPrompt, input, readOwnTexts(dir))
  t.equal(messages.length, 4)
  t.match(messages[1]?.content, /P/)
  t.equal(messages[2]?.content, '{"question":"Q?"}')
})

t.test('a file whose name means nothing is refused, with the names that do', async t => {
  const dir = t.testdir({ 'jugde.md': 'typo' })
  t.throws(() => readOwnTexts(dir), { code: 'usage', message: /jugde\.md/ })
  t.throws(() => readOwnTexts(dir), /judge-one/)
})

t.test('a bad example is named by file and line', async t => {
  const dir = t.testdir({
    'judge.examples.jsonl': '{"input":{},"answer":{}}\n{"in":1}\n',
  })
  t.throws(() => readOwnTexts(dir), {
    code: 'usage',
    message: /judge\.examples\.jsonl:2/,
  })
})

t.test('a folder that is not there is refused', async t => {
  t.throws(() => readOwnTexts('/nowhere/at/all'), { code: 'usage', message: /--prompts/ })
})

t.test(
  'an example that does not have the form of ours is refused before the first call',
  async t => {
    const dir = t.testdir({
      'question.examples.jsonl':
        '{"input":{"prompt":"P","constraint":"C"},"answer":{}}\n',
    })
    t.throws(() => ownTextsFor(dir, questionPrompt), {
      code: 'usage',
      message: /example 1 of question/,
    })
    t.doesNotThrow(() => ownTextsFor(dir))
  },
)

t.test('examples for generate, which takes none, are refused', async t => {
  const dir = t.testdir({ 'generate.examples.jsonl': '{"input":{},"answer":{}}\n' })
  t.throws(() => readOwnTexts(dir), { code: 'usage', message: /generate takes no/ })
})
