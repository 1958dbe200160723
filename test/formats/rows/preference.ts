import t from 'tap'
import { multiTurn } from '../../../fixtures/multi-turn.js'
import { recordWith, response } from '../../../fixtures/record-with.js'
import { preferenceRow } from '../../../lib/formats/rows/preference.js'

t.test('a row is a prompt as chat and one message on either side', async t => {
  t.same(preferenceRow(recordWith([]), response('Cherry'), response('Plum')), {
    id: '0123456789abcdef-1',
    prompt: [{ role: 'user', content: 'Name a red fruit in one word.' }],
    chosen: [{ role: 'assistant', content: 'Cherry' }],
    rejected: [{ role: 'assistant', content: 'Plum' }],
  })
})

t.test('the system prompt is kept', async t => {
  const { prompt } = preferenceRow(multiTurn, response('Cherry'), response('Plum'))
  t.same(prompt[0], { role: 'system', content: 'You are brief.' })
})
