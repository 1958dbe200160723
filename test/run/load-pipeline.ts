import { join } from 'node:path'
import t from 'tap'
import { buildPipeline } from '../../lib/run/build-pipeline.js'
import { loadPipeline, pipelineNames } from '../../lib/run/load-pipeline.js'

t.test('every recipe of ours can be loaded by its name', async t => {
  for (const name of pipelineNames)
    t.match(await loadPipeline(name), { name, ours: true, default: Function }, name)
})

t.test('a module of the user is loaded by its path', async t => {
  const dir = t.testdir({
    'mine.mjs':
      'export const defaults = { samples: 2 }\nexport default () => source => source',
  })
  const loaded = await loadPipeline(join(dir, 'mine.mjs'))
  t.match(loaded, { ours: false, defaults: { samples: 2 } })
  t.type(await buildPipeline(loaded, {} as never), 'function')
})

t.test('what is wrong with a module is told', async t => {
  const dir = t.testdir({
    'torn.mjs': 'export default (',
    'throws.mjs': 'throw new Error("at import")',
    'nothing.mjs': 'export const stage = 1',
    'number.mjs': 'export default 7',
    'defaults.mjs': 'export const defaults = 7; export default () => s => s',
  })
  const refused = (name: string, message: RegExp) =>
    t.rejects(loadPipeline(join(dir, name)), { code: 'pipeline_unusable', message }, name)
  await t.rejects(loadPipeline(join(dir, 'missing.mjs')), {
    code: 'usage',
    message: /no such file, and the recipes .* are ultraif, paper/,
  })
  await refused('torn.mjs', /Unexpected end of input/)
  await refused('throws.mjs', /at import/)
  await refused('nothing.mjs', /default export to be a function .* got undefined/)
  await refused('number.mjs', /got number/)
  await refused('defaults.mjs', /"defaults" to be an object/)
  await t.rejects(loadPipeline('ultraiff'), { message: /no such file/ })
})

t.test('what it throws or answers when it is built is told with its name', async t => {
  const dir = t.testdir({
    'throws.mjs': 'export default () => { throw new Error("no model for me") }',
    'answers.mjs': 'export default async () => ({})',
  })
  const build = async (name: string) =>
    buildPipeline(await loadPipeline(join(dir, name)), {} as never)
  await t.rejects(build('throws.mjs'), {
    code: 'pipeline_unusable',
    message: /throws\.mjs: it threw when it was built: no model for me/,
  })
  await t.rejects(build('answers.mjs'), { message: /to answer a stage.*got object/ })
})
