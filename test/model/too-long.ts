import t from 'tap'
import { connected } from '../../fixtures/connected.js'
import type { ModelCall } from '../../lib/model/model.js'

const asking = (content: string): ModelCall => ({
  label: 'ask',
  rank: 0,
  messages: [{ role: 'user', content }],
  sampling: { temperature: 0, topP: 1, maxTokens: 2048 },
})

t.test(
  'a prompt that fits is answered in the room that is left, on every version',
  async t => {
    for (const version of ['0.32.0', '0.30.0'] as const) {
      const { model } = await connected(t, { server: { version, maxModelLen: 512 } })
      const outcome = await model.call(asking('word '.repeat(50)))
      t.ok(outcome.ok, version)
    }
  },
)

t.test(
  'a prompt that does not fit by itself is too long, after one more try',
  async t => {
    const { model, asked } = await connected(t, {
      server: { version: '0.30.0', maxModelLen: 512 },
    })
    const outcome = await model.call(asking('word '.repeat(2000)))
    t.match(outcome, { ok: false, code: 'too_long' })
    t.equal(asked().length, 2)
  },
)
