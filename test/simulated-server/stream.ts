import t from 'tap'
import { ask, chat } from '../../fixtures/ask.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const path = '/v1/chat/completions'
interface Chunk {
  choices: {
    index: number
    text?: string
    delta?: { content?: string }
    finish_reason: string | null
  }[]
  usage?: { completion_tokens: number }
}
const chunks = (text: string): Chunk[] => {
  const events = text.split('\n\n').filter(Boolean)
  t.equal(events.pop(), 'data: [DONE]')
  return events.map(event => JSON.parse(event.slice('data: '.length)) as Chunk)
}

for (const time of ['zero', 'small'] as const)
  t.test(`a stream adds up to the unstreamed answer (${time})`, async t => {
    const server = await simulate({ time, speed: 50 })
    t.teardown(() => server.close())
    const body = chat('Tell me of 灯台 and 😀.', { n: 3, seed: 1, max_tokens: 40 })
    const whole = (await ask(server.url, path, body)).json
    const { text } = await ask(server.url, path, {
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    })
    const all = chunks(text)
    for (const { index, message, finish_reason } of whole.choices) {
      const own = all.flatMap(({ choices }) => choices.filter(c => c.index === index))
      t.equal(own.map(({ delta }) => delta?.content ?? '').join(''), message.content)
      t.equal(own.at(-1)?.finish_reason, finish_reason)
      t.equal(own.filter(choice => choice.finish_reason !== null).length, 1)
    }
    t.equal(all.at(-1)?.usage?.completion_tokens, whole.usage.completion_tokens)
  })

t.test('prompts of a list are streamed side by side', async t => {
  const server = await simulate({ time: 'small', speed: 50 })
  t.teardown(() => server.close())
  const body = { prompt: ['one', 'two'], max_tokens: 6, seed: 1 }
  const whole = (await ask(server.url, '/v1/completions', body)).json
  const { text } = await ask(server.url, '/v1/completions', { ...body, stream: true })
  const all = chunks(text).flatMap(({ choices }) => choices)
  t.same(
    all.slice(0, 4).map(({ index }) => index),
    [0, 1, 0, 1],
  )
  for (const choice of whole.choices)
    t.equal(
      all
        .filter(({ index }) => index === choice.index)
        .map(part => part.text)
        .join(''),
      choice.text,
    )
})
