import { join } from 'node:path'
import t from 'tap'
import { defaultsLayer, readConfig } from '../../lib/cli/config-file.js'
import { everyFlag } from '../../lib/cli/every-flag.js'

const samples = everyFlag().find(({ name }) => name === 'samples')!

t.test('names may be written as flags or in camel case', async t => {
  const dir = t.testdir({
    'run.json': '{"max-tokens": 10, "topP": 0.5, "judge-url": "http://j"}',
  })
  const layer = await readConfig(join(dir, 'run.json'))
  t.same(layer.values, { maxTokens: 10, topP: 0.5, judgeUrl: 'http://j' })
  t.equal(layer.name(samples), `"samples" in ${join(dir, 'run.json')}`)
})

t.test(
  'options of other commands are taken, so that one file serves six filters',
  async t => {
    const dir = t.testdir({
      'all.json': '{"turns": "each", "passes": 2, "pair": "last"}',
    })
    t.same(Object.keys((await readConfig(join(dir, 'all.json'))).values), [
      'turns',
      'passes',
      'pair',
    ])
  },
)

t.test('a name that does not exist is refused with the nearest one', async t => {
  const dir = t.testdir({
    'a.json': '{"temprature": 1}',
    'b.json': '{"tokens": 1}',
    'c.json': '{"api_key": "secret"}',
    'd.json': '{"__proto__": 1}',
  })
  await t.rejects(readConfig(join(dir, 'a.json')), {
    code: 'usage',
    message: /"temprature" in .*a\.json is no option\. Names are those of the flags/,
  })
  await t.rejects(readConfig(join(dir, 'b.json')), { message: /Did you mean "/ })
  await t.rejects(readConfig(join(dir, 'd.json')), { code: 'usage' })
  const refused = await readConfig(join(dir, 'c.json')).catch((error: Error) => error)
  t.match(refused, { message: /ULTRAIF_API_KEY/ })
  t.notMatch(refused, { message: /secret/ })
})

t.test('a file that is missing, torn or no object is refused', async t => {
  const dir = t.testdir({ 'torn.json': '{"a":', 'list.json': '[1]', 'null.json': 'null' })
  for (const name of ['missing.json', 'torn.json', 'list.json', 'null.json'])
    await t.rejects(readConfig(join(dir, name)), {
      code: 'usage',
      message: new RegExp(name),
    })
})

t.test("a recipe's own defaults are checked the same way", async t => {
  t.same(defaultsLayer({ name: 'mine.js', defaults: { 'min-passes': 1 } }).values, {
    minPasses: 1,
  })
  t.throws(() => defaultsLayer({ name: 'mine.js', defaults: { nonsense: 1 } }), {
    message: /"nonsense" in mine\.js is no option/,
  })
})
