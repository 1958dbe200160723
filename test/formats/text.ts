import t from 'tap'
import { readText } from '../../lib/formats/text.js'

t.test('a line is a prompt as it stands, white space and braces included', async t => {
  t.same(readText('  {a} '), { turns: [{ role: 'user', content: '  {a} ' }] })
})
