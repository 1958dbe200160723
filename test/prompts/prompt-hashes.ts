import t from 'tap'
import { promptNames } from '../../lib/prompts/own-texts.js'
import { promptHashes } from '../../lib/prompts/prompt-hashes.js'

const ours = promptHashes(undefined)

t.test('every prompt has a hash, and no two have the same', async t => {
  t.same(Object.keys(ours), promptNames)
  t.equal(new Set(Object.values(ours)).size, promptNames.length)
})

t.test('a word of ones own changes the hash of its prompt, and no other', async t => {
  const dir = t.testdir({ 'judge.md': 'Judge hard.' })
  const { judge, ...others } = promptHashes(dir)
  t.not(judge, ours['judge'])
  t.match(ours, others)
})

t.test('so does an example, and it counts where it stands', async t => {
  const example = (question: string) =>
    `{"input":{"prompt":"P","constraint":"C"},"answer":{"question":"${question}"}}\n`
  const hashes = [
    [example('A?'), example('B?')],
    [example('B?'), example('A?')],
  ].map(lines => {
    const dir = t.testdir({ 'question.examples.jsonl': lines.join('') })
    return promptHashes(dir)['question']
  })
  t.equal(new Set([...hashes, ours['question']]).size, 3)
})

t.test(
  'where the folder lies, and blank ends of its texts, make no difference',
  async t => {
    const dir = t.testdir({
      one: { 'compose.md': 'Make it harder.' },
      two: { 'compose.md': '\nMake it harder.\n' },
    })
    t.same(promptHashes(`${dir}/one`), promptHashes(`${dir}/two`))
  },
)
