import t from 'tap'
import { Failure } from '../../lib/errors.js'
import { Ledger } from '../../lib/ledger.js'
import { balance, exitCodeOf, linesOf, type Ending } from '../../lib/run/closing.js'

const ending = (more: Partial<Ending> = {}): Ending => ({
  name: 'run',
  summary: {
    in: 2,
    kept: 1,
    filtered: {},
    rejected: { bad_json: 1 },
    blank: 0,
    seconds: 1,
  },
  error: undefined,
  stoppedBy: undefined,
  rejects: ['rejected bad_json at a.jsonl:1: the line is not JSON'],
  strict: false,
  quiet: false,
  ...more,
})

t.test('exit codes', async t => {
  t.equal(exitCodeOf(ending()), 0)
  t.equal(exitCodeOf(ending({ strict: true })), 3)
  t.equal(exitCodeOf(ending({ stoppedBy: 'SIGINT', strict: true })), 130)
  t.equal(exitCodeOf(ending({ stoppedBy: 'SIGTERM' })), 143)
  t.equal(exitCodeOf(ending({ error: new Failure('write_failed', 'full') })), 1)
  t.equal(exitCodeOf(ending({ error: new Error('bug'), stoppedBy: 'SIGINT' })), 1)
})

t.test('the summary is the last line, and with --quiet nearly the only one', async t => {
  const json = JSON.stringify(ending().summary)
  t.same(linesOf(ending()), [
    'rejected bad_json at a.jsonl:1: the line is not JSON',
    'run: 2 in = 1 kept + 0 filtered + 1 rejected (bad_json 1) · 1 s',
    json,
  ])
  t.same(linesOf(ending({ quiet: true, error: new Failure('write_failed', 'full') })), [
    'ultraif: full',
    json,
  ])
})

t.test(
  'a bug is told with its stack, and nothing in it reaches the terminal',
  async t => {
    const [line] = linesOf(ending({ error: new Error('boom \u001b[2J') }))
    t.match(line, /unexpected error, please report it: Error: boom/)
    t.match(line, /closing\.ts/)
    t.notMatch(line, /\u001b/)
  },
)

t.test(
  'a run that nobody stopped and that did not fail was left by its reader',
  async t => {
    const cut = { ...ending().summary, open: 1, stopped: true as const }
    const left = 'the reader of stdout went away'
    const said = (more: Partial<Ending>) =>
      linesOf(ending({ summary: cut, ...more })).at(-2)
    t.match(said({}), left)
    t.notMatch(said({ stoppedBy: 'SIGINT' }), left)
    t.notMatch(said({ error: new Failure('servers_lost', 'gone') }), left)
  },
)

t.test('what a full disk took is not told as written', async t => {
  const said = (code: 'write_failed' | 'servers_lost') =>
    linesOf(ending({ error: new Failure(code, 'the end') })).at(-2)
  t.match(said('write_failed'), / = at most 1 kept /)
  t.match(said('servers_lost'), / = 1 kept /)
})

t.test('books that balance are silent', async t => {
  t.equal(balance(new Ledger(), true), undefined)
})

t.test('a record that one of our stages lost is a failure of the run', async t => {
  const ledger = new Ledger()
  ledger.entered()
  t.match(balance(ledger, true), {
    code: 'accounting',
    message: /1 are missing: 1 in, 0/,
  })
})

t.test('what a custom stage let go is counted, and so is what it made', async t => {
  const lost = new Ledger()
  lost.entered()
  t.equal(balance(lost, false), undefined)
  t.same(lost.filtered, { dropped_by_pipeline: 1 })
  t.equal(lost.open, 0)

  const made = new Ledger()
  made.keep({ row: 1 })
  t.equal(balance(made, false), undefined)
  t.equal(made.split, 1)
  t.equal(made.open, 0)
})

t.test('codes of foreign rejects do nothing to a terminal in the summary', async t => {
  const rejected = { 'csi\u009b2J\u202e': 1 }
  const line =
    linesOf(ending({ summary: { ...ending().summary, rejected } })).at(-1) ?? ''
  t.notMatch(line, /[\u009b\u202e]/)
  t.same(JSON.parse(line).rejected, rejected)
})
