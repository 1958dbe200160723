import t from 'tap'
import { noteCarried } from '../../lib/carried-rejects.js'
import { reject } from '../../lib/errors.js'
import { firstRejects } from '../../lib/run/first-rejects.js'

const bad = (code: string, message = 'why', seed = {}) => ({
  id: 'abc-1',
  query: '',
  seed: { query: '', ...seed },
  reject: { ...reject('parse', 'bad_json'), code, message },
})

t.test('one line for each code, with the place of its first', async t => {
  const first = firstRejects(true)
  first.see(bad('bad_json', 'Unexpected token', { file: 'a.jsonl', line: 3 }))
  first.see(bad('bad_json', 'another', { file: 'a.jsonl', line: 9 }))
  first.see(bad('truncated', 'cut', { line: 2 }))
  first.see(bad('stage_error', 'boom'))
  t.same(first.lines(), [
    'rejected bad_json at a.jsonl:3: Unexpected token',
    'rejected truncated at stdin:2: cut',
    'rejected stage_error at abc-1: boom',
  ])
})

t.test('the place is said once', async t => {
  const first = firstRejects(true)
  first.see(bad('bad_json', 'line 7: the line is not JSON', { line: 7 }))
  first.see(bad('bad_record', 'a.jsonl:8: no id', { file: 'a.jsonl', line: 8 }))
  first.see(bad('too_long', 'line 9: of the prompt', { file: 'a.jsonl', line: 9 }))
  t.same(first.lines(), [
    'rejected bad_json at stdin:7: the line is not JSON',
    'rejected bad_record at a.jsonl:8: no id',
    'rejected too_long at a.jsonl:9: line 9: of the prompt',
  ])
})

t.test('nothing in them moves the cursor or hides', async t => {
  const first = firstRejects(true)
  first.see(bad('a\u001b[2J', 'b\u202e\nc', { file: 'd\u001b[31m', line: 1 }))
  t.same(first.lines(), ['rejected a at d:1: b c'])
})

t.test('a reject that came in marked was told elsewhere', async t => {
  const first = firstRejects(false)
  const read = bad('bad_json')
  noteCarried(read)
  first.see({ ...read, query: 'a copy' })
  t.same(first.lines(), [])
  first.see(bad('bad_json'))
  t.equal(first.lines().length, 1, 'one of this process is told')
})

t.test('a custom stage with ever new codes does not flood the screen', async t => {
  const first = firstRejects(true)
  for (let i = 0; i < 1000; i++) first.see(bad(`code${i}`))
  t.ok(first.lines().length <= 20)
})
