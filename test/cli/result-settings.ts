import t from 'tap'
import { everyFlag } from '../../lib/cli/every-flag.js'
import {
  inputSection,
  filterSection,
  generateSection,
} from '../../lib/cli/stage-sections.js'
import { free, resultSettings } from '../../lib/cli/result-settings.js'
import { retrySection } from '../../lib/cli/common-sections.js'
import { serverSection } from '../../lib/cli/server-section.js'
import { settle } from '../../lib/cli/settle.js'

const sections = {
  input: inputSection,
  retry: retrySection,
  generate: generateSection,
  filter: filterSection,
  server: serverSection(),
}

/** Of these values, as a configuration file would give them; `--samples` is `samples`. */
const settingsOf = (values: { [key: string]: unknown }, pipelineFile?: string) =>
  resultSettings(
    sections,
    settle(sections, [{ values, name: ({ name }) => name }]),
    pipelineFile,
  )

t.test('what changes a row is compared, under the name of its flag', async t => {
  const settings = await settingsOf({ samples: 3, temperature: 0.5, skip: 2, as: 'dpo' })
  t.match(settings, { samples: 3, temperature: 0.5, skip: 2, as: 'dpo', 'top-p': 0.95 })
})

t.test('servers, their pace and the end of the input may change', async t => {
  t.same(
    await settingsOf({
      baseUrl: ['http://other:1'],
      judgeUrl: ['http://judge:2'],
      concurrency: 7,
      deadline: '1s',
      retries: 1,
      limit: 10,
      order: 'input',
    }),
    await settingsOf({}),
  )
})

t.test('every name that may change is that of a flag', async t => {
  const names = new Set(everyFlag().map(({ name }) => name))
  t.same(
    [...free].filter(name => !names.has(name)),
    [],
  )
})

t.test('other shapes count, not the files that they go to nor their order', async t => {
  const [one, other, more] = await Promise.all(
    [['dpo=a.jsonl', 'record=b.jsonl'], ['record=x', 'dpo=y'], ['dpo=a.jsonl']].map(
      also => settingsOf({ also }),
    ),
  )
  t.same(one, other)
  t.notSame(one, more)
})

t.test(
  'rejects are another input than a corpus, whatever their file is called',
  async t => {
    const [one, other, none] = await Promise.all(
      [{ fromRejects: 'a' }, { fromRejects: 'b' }, {}].map(values => settingsOf(values)),
    )
    t.same(one, other)
    t.notSame(one, none)
  },
)

t.test('a pipeline of ones own is told by its text', async t => {
  const dir = t.testdir({ a: 'one', b: 'one', c: 'two' })
  const [a, b, c] = await Promise.all(
    ['a', 'b', 'c'].map(name => settingsOf({}, `${dir}/${name}`)),
  )
  t.same(a, b)
  t.notSame(a, c)
})
