import t from 'tap'
import { composePrompt } from '../../lib/prompts/compose.js'

const input = { prompt: 'Name a fruit.', kind: 'format' as const, checks: [] }
const read = (reply: string) => composePrompt.read(reply, input)

t.test('our own worked examples are answers that our own reader takes', async t => {
  for (const { answer } of composePrompt.examples)
    t.same(read(JSON.stringify(answer)), answer)
})

t.test('the order of keys does not matter (reference defect C5)', async t => {
  t.same(read('{"question":"Q?","prompt":"P","constraint":"c"}'), {
    constraint: 'c',
    prompt: 'P',
    question: 'Q?',
  })
})

t.test('a code fence inside the new prompt survives (reference defect C5)', async t => {
  const prompt = 'Fix this:\n```js\nlet a = {"b": 1}\n```\nin one line.'
  t.equal(
    read(
      '```json\n' +
        JSON.stringify({ constraint: 'c', prompt, question: 'Q?' }, null, 2) +
        '\n```',
    )?.prompt,
    prompt,
  )
})

t.test('line breaks, quotes and other alphabets come through whole (C4)', async t => {
  const prompt = 'Schreib "zwei" Zeilen:\n– eine über Öl\n– 一つは雨について'
  const escaped = JSON.stringify({
    constraint: '',
    prompt,
    question: 'Sind es zwei?',
  }).replace(/[^\x20-\x7e]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  t.same(read(escaped), { constraint: '', prompt, question: 'Sind es zwei?' })
})

t.test('a reply without a question is a bad reply', async t => {
  t.equal(read('{"prompt":"P"}'), undefined)
  t.equal(read('{"prompt":"P","question":["a","b"]}'), undefined)
})

t.test('checks that hold already and the conversation are shown', async t => {
  const turn = composePrompt.render({
    ...input,
    checks: ['Is it one fruit?'],
    history: [{ role: 'user', content: 'Hello there' }],
  })
  t.match(turn, '- Is it one fruit?')
  t.match(turn, 'user: Hello there')
})
