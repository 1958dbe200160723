import t from 'tap'
import { Failure } from '../../lib/errors.js'
import { settle, type Layer } from '../../lib/cli/settle.js'
import { serverSection } from '../../lib/cli/server-section.js'
import { rowShapes } from '../../lib/stages/options.js'
import { filterSection, generateSection } from '../../lib/cli/stage-sections.js'

const sections = {
  generate: generateSection,
  server: serverSection(),
  filter: filterSection,
}

const layer = (name: string, values: { [key: string]: unknown }): Layer => ({
  values,
  name: flag => `${flag.name} in ${name}`,
})

t.test('without any layer everything has its default', async t => {
  const { generate, server, filter } = settle(sections, [])
  t.match(generate, { samples: 5, temperature: 1, topP: 0.95, maxTokens: 2048 })
  t.match(server, { baseUrl: [], concurrency: 'auto', deadline: 600_000, retries: 5 })
  t.match(filter, { as: 'sft', also: [], pick: 'first', pair: 'margin', minPasses: 0 })
})

t.test('the first layer that has a value wins, each value for itself', async t => {
  const { generate } = settle(sections, [
    layer('flags', { samples: '2' }),
    layer('environment', {}),
    layer('file', { samples: 9, temperature: 0.5 }),
    layer('preset', { temperature: 0.1, topP: 0.5 }),
  ])
  t.match(generate, { samples: 2, temperature: 0.5, topP: 0.5, maxTokens: 2048 })
})

t.test('a prefixed flag sets the option of its own stage alone', async t => {
  const { generate, server } = settle(sections, [
    layer('flags', { judgeUrl: 'http://judge', maxTokens: '10' }),
  ])
  t.same(server.judgeUrl, ['http://judge'])
  t.equal(generate.maxTokens, 10)
})

t.test('a bad value is told with its place and with what was expected', async t => {
  const bad = (values: { [key: string]: unknown }, message: string) =>
    t.throws(
      () => settle(sections, [layer('run.json', values)]),
      new Failure('usage', message),
    )
  bad(
    { samples: 0 },
    'Expected samples in run.json to be a whole number of at least 1, got "0".',
  )
  bad(
    { deadline: '30' },
    'Expected deadline in run.json to be a duration with its unit such as 30s or 10m, got "30".',
  )
  bad(
    { judgeExtraBody: '[1]' },
    'Expected judge-extra-body in run.json to be a JSON object, got "[1]".',
  )
  bad(
    { also: ['dpo.jsonl'] },
    `Expected also in run.json to be SHAPE=FILE with a SHAPE of ${rowShapes.join(', ')}, got "["dpo.jsonl"]".`,
  )
})

t.test('a value that cannot even be measured is refused like any other', async t => {
  const values = { baseUrl: [{ length: { toString: 1 } }] }
  t.throws(() => settle(sections, [layer('run.json', values)]), {
    code: 'usage',
    message: /Expected base-url in run.json to be/,
  })
})
