import _ from 'highland'
import t from 'tap'
import { record } from '../../fixtures/connected.js'
import { completion, loopback, send } from '../../fixtures/loopback.js'
import { vllm } from '../../lib/model/vllm.js'
import type { Record } from '../../lib/record.js'
import { chain } from '../../lib/stage.js'
import { evaluate } from '../../lib/stages/evaluate.js'
import { generate } from '../../lib/stages/generate.js'

t.test(
  'each response and verdict is of its own prompt, in whatever order a server answers (reference defects G4, S5, S6)',
  async t => {
    const marks = /mark-\d+/g
    const fake = await loopback(async ({ text, body }, response, index) => {
      for (let turns = (index * 7919) % 17; turns > 0; turns--)
        await new Promise(setImmediate)
      const seen = [...new Set(text.match(marks))]
      // A call that held another record's text would be found out here.
      const said = seen.length === 1 ? `${seen[0]} sample ${body.seed}` : 'mixed up'
      const judged = JSON.stringify({ 1: { why: said, answer: 'yes' } })
      send(response, completion({ text: body.response_format ? judged : said }))
    })
    const model = await vllm({ urls: [fake.url], concurrency: 16 })
    t.teardown(async () => {
      await model.close()
      await fake.close()
    })
    const records = Array.from({ length: 40 }, (_, i) =>
      record(`Say mark-${i}.`, {
        id: `0123456789abcdef-${i}`,
        questions: [{ text: 'Is it so?', from: 'seed' }],
      }),
    )
    const stage = chain(
      generate(model, { samples: 3, seed: 1, window: 8 }),
      evaluate(model, { seed: 1, window: 8 }),
    )
    const out = await new Promise<Record[]>(resolve =>
      _(records).through(stage).toArray(resolve),
    )
    t.equal(out.length, 40)
    for (const { query, responses = [] } of out) {
      const mark = query.match(marks)?.[0]
      t.ok(
        responses.every(
          ({ text, verdicts }) =>
            text.startsWith(`${mark} `) && verdicts?.[0]?.why?.startsWith(`${mark} `),
        ),
        query,
      )
      t.equal(new Set(responses.map(({ text }) => text)).size, 3)
    }
    t.not(
      out.map(({ id }) => id).join(),
      records.map(({ id }) => id).join(),
      'it was shuffled',
    )
  },
)
