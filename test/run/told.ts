import t from 'tap'
import { Failure } from '../../lib/errors.js'
import { lineTold, told } from '../../lib/run/told.js'

t.test('a failure is told as it is, line by line', async t => {
  t.equal(
    told(new Failure('usage', 'Expected this.\nGive that.')),
    'ultraif: Expected this.\nGive that.',
  )
})

t.test('no message shows the password of a URL', async t => {
  const message = 'Expected "base-url" to be text, got "["http://ann:secret@host", 5]".'
  t.notMatch(told(new Failure('usage', message)), /secret|ann/)
  t.equal(lineTold('http://ann:secret@host is out'), 'http://host is out')
})

t.test('a line stays one line', async t => {
  t.equal(lineTold('it serves a\n{"in":0}\r\u001b[2Jb'), 'it serves a {"in":0} b')
})
