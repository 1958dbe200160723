import t from 'tap'
import { Grow } from '../../lib/jsonl/grow.js'

t.test('keeps what was added, in order, and starts again after it was taken', async t => {
  const buffer = new Grow()
  let expected = ''
  for (let i = 0; i < 5000; i++) {
    buffer.add(Buffer.from(`${i},`))
    expected += `${i},`
  }
  t.equal(buffer.length, expected.length)
  t.equal(buffer.take().toString(), expected)
  t.equal(buffer.length, 0)
  buffer.add(Buffer.from('again'))
  t.equal(buffer.take().toString(), 'again')
})

t.test('what was added may be overwritten afterwards by its owner', async t => {
  const buffer = new Grow()
  const piece = Buffer.from('mine')
  buffer.add(piece)
  piece.fill('x')
  t.equal(buffer.take().toString(), 'mine')
})
