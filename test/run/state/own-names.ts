import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { asideFrom, asideName } from '../../../lib/run/state/own-names.js'

const folder = (t: Test): string => {
  const dir = join(t.testdir(), 'state')
  mkdirSync(dir)
  return dir
}

t.test('each output has a file of its own for what is cut off', async t => {
  t.same(['--out', '--also dpo=', '--rejects', '--state'].map(asideName), [
    'cut-out.jsonl',
    'cut-also-dpo.jsonl',
    'cut-rejects.jsonl',
    'cut-state.jsonl',
  ])
})

t.test('what only sounds like one of its own files is an input or output', async t => {
  const dir = folder(t)
  const names = ['lockpicking.jsonl', 'lock.jsonl', 'journal.jsonl', 'cut-glass.txt']
  const files = names.map(name => join(dir, name))
  const named = files.map(file => ({ flag: '--out', file }))
  t.same(await asideFrom(dir, named, files), named)
  const beside = [{ flag: '--out', file: join(dir, '../summary.json') }]
  t.same(await asideFrom(dir, beside, []), beside)
})

t.test('the rejects of the folder may be named as such, by any path', async t => {
  const dir = folder(t)
  symlinkSync(dir, `${dir}-too`)
  const file = join(`${dir}-too`, 'rejects.jsonl')
  t.same(await asideFrom(dir, [{ flag: '--rejects', file }], []), [])
  await t.rejects(asideFrom(dir, [{ flag: '--out', file }], []), { code: 'usage' })
})

t.test('its own files are neither inputs nor outputs, by any link', async t => {
  const dir = folder(t)
  const drafts = 'lock.01234567-89ab-cdef-0123-456789abcdef'
  for (const name of ['lock', 'lock.claim', drafts, 'journal.new', 'cut-out.jsonl']) {
    const link = join(dir, '..', `link-to-${name}`)
    symlinkSync(join(dir, name), link)
    const refused = { code: 'usage', message: /a file that --state keeps for itself/ }
    await t.rejects(asideFrom(dir, [{ flag: '--out', file: link }], []), refused)
    await t.rejects(asideFrom(dir, [], [link]), refused)
  }
})

t.test('links that lead round in a circle end', async t => {
  const dir = folder(t)
  const [one, two] = [join(dir, 'one'), join(dir, 'two')] as const
  symlinkSync(one, two)
  symlinkSync(two, one)
  const named = [{ flag: '--out', file: one }]
  t.same(await asideFrom(dir, named, []), named)
})
