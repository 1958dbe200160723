import t from 'tap'
import { contentOf } from '../../lib/formats/content.js'

t.test('text parts are joined line by line', async t => {
  const content = [
    { type: 'text', text: 'a' },
    'b',
    { type: 'input_text', text: 'c' },
    { text: 'd' },
  ]
  t.equal(contentOf({ content }, 'turn 1'), 'a\nb\nc\nd')
})

t.test('a part that is no text is a fault that names its kind', async t => {
  for (const type of ['image_url', 'input_audio', 'file'])
    t.match(contentOf({ content: [{ type: 'text', text: 'See' }, { type }] }, 'turn 3'), {
      code: 'not_text',
      message: `turn 3 holds a part of type "${type}"`,
    })
  t.match(contentOf({ content: [7] }, 'turn 1'), { code: 'not_text' })
})

t.test('a turn without text is a fault, an empty text is not', async t => {
  t.equal(contentOf({ content: '' }, 'turn 1'), '')
  t.equal(contentOf({ from: 'gpt', value: '' }, 'turn 1'), '')
  for (const turn of [{}, { content: null }])
    t.match(contentOf(turn, 'turn 2'), {
      code: 'bad_history',
      message: 'turn 2 has no text',
    })
  t.match(contentOf({ content: 5 }, 'turn 2'), {
    message: 'expected text in turn 2, got a number',
  })
  t.match(contentOf({ content: [{ type: 'text' }] }, 'turn 2'), { code: 'bad_history' })
})

t.test('calls of tools become text, after what was said with them', async t => {
  const call = { type: 'function', function: { name: 'now', arguments: '{}' } }
  const line = '{"name":"now","arguments":"{}"}'
  t.equal(contentOf({ content: null, tool_calls: [call, call] }, 't'), `${line}\n${line}`)
  t.equal(
    contentOf({ content: 'One moment.', tool_calls: [call] }, 't'),
    `One moment.\n${line}`,
  )
  t.equal(contentOf({ content: null, function_call: call.function }, 't'), line)
  t.match(contentOf({ content: [{ type: 'image' }], tool_calls: [call] }, 't'), {
    code: 'not_text',
  })
})
