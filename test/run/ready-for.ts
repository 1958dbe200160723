import t from 'tap'
import _ from '../../lib/flow/highland.js'
import { lineOf } from '../../lib/jsonl/stringify.js'
import { readyFor } from '../../lib/run/ready-for.js'

const row = { text: 'tab\t, csi \u009b2J, bidi \u202e, tag \u{e0041}, 한국어 👍' }

const written = (screen: 'terminal' | 'program') =>
  _([lineOf(row)])
    .through(readyFor(screen))
    .collect()
    .toPromise(Promise) as unknown as Promise<string[]>

t.test('a row that goes to a terminal says the same and cannot play tricks', async t => {
  const [line = ''] = await written('terminal')
  t.notMatch(line, /[\u009b\u202e]|\u{e0041}/u)
  t.match(line, /한국어 👍/)
  t.ok(line.endsWith('}\n'))
  t.same(JSON.parse(line), row)
})

t.test('a row that goes to a program is left as it is', async t => {
  t.same(await written('program'), [lineOf(row)])
})
