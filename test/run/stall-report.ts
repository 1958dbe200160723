import t from 'tap'
import type { OpenCallState } from '../../lib/model/model.js'
import { linesOfReport, reportOf, type Situation } from '../../lib/run/stall-report.js'

const situation = (more: Partial<Situation> = {}): Situation => ({
  open: 0,
  windows: [],
  calls: [],
  servers: [],
  outputs: [{ name: 'stdout', bytes: 0 }],
  input: 'flows',
  ...more,
})

const call = (more: Partial<OpenCallState> = {}): OpenCallState => ({
  label: 'judge',
  rank: 7,
  state: 'in flight',
  ms: 61_000,
  attempts: 1,
  url: 'http://h:8000',
  ...more,
})

const lines = (more: Partial<Situation>, seconds = 60) =>
  linesOfReport('run', reportOf(situation(more), seconds))

t.test('each window says how much it holds, and an empty one nothing', async t => {
  const windows = [
    { stage: 'decompose', open: 0, ready: 0 },
    { stage: 'compose', open: 12, ready: 0 },
    { stage: 'generate', open: 2, ready: 3 },
  ]
  t.same(lines({ open: 17, windows }), [
    'run: nothing has moved for 60 s; 17 records are open.',
    'run:   compose holds 12',
    'run:   generate holds 5, 3 of them done and not taken on',
  ])
})

t.test('calls are told together by kind, state and server, with the oldest', async t => {
  const calls = [
    call(),
    call({ ms: 400_000, rank: 9, attempts: 2 }),
    call({ url: 'http://h:8001' }),
    call({ label: 'generate', state: 'backing off', attempts: 3, ms: 2000 }),
    call({ label: 'generate', state: 'queued', attempts: 0 }),
    call({ label: 'generate', state: 'queued', attempts: 1, url: 'http://h:8001' }),
  ]
  t.same(lines({ open: 1, calls }, 120).slice(1), [
    'run:   2 judge calls in flight at http://h:8000, the oldest for 7 min (record 9, attempt 2)',
    'run:   1 judge call in flight at http://h:8001, for 61 s (record 7)',
    'run:   1 generate call waits to be asked again, after http://h:8000, for 2 s (record 7, attempt 3)',
    'run:   2 generate calls wait for a free place, the oldest for 61 s (record 7)',
  ])
})

t.test(
  'servers that are out, outputs that are not taken, input that is quiet',
  async t => {
    const server = { limit: 64, inFlight: 0, reason: 'fixed' }
    const told = lines({
      open: 1,
      servers: [
        { ...server, url: 'http://h:8000', out: 'it refuses connections' },
        { ...server, url: 'http://h:8001' },
      ],
      outputs: [
        { name: 'stdout', bytes: 65_536 },
        { name: 'a.jsonl', bytes: 10 },
        { name: 'b.jsonl', bytes: 0 },
      ],
      input: 'waits',
    })
    t.same(told, [
      'run: nothing has moved for 60 s; 1 record is open.',
      'run:   http://h:8000 is out: it refuses connections',
      'run:   65,536 bytes wait to be taken by the reader of stdout',
      'run:   10 bytes wait to be taken by the disk of a.jsonl',
      'run:   the input gives nothing more, and has not ended',
    ])
  },
)

t.test('the cause stands before those that wait for it', async t => {
  const server = { limit: 64, inFlight: 0, reason: 'fixed', url: 'http://h:8000' }
  const told = lines({
    open: 3,
    windows: [{ stage: 'compose', open: 3, ready: 0 }],
    calls: [call()],
    servers: [{ ...server, out: 'it refuses connections' }],
    outputs: [{ name: 'stdout', bytes: 5 }],
  })
  t.match(told.slice(1), [/is out/, /bytes wait/, /judge call/, /compose holds/])
})

t.test('with nothing open and a quiet input nothing is wrong', async t => {
  t.same(lines({ input: 'waits' }), ['run: waits for input; nothing is open.'])
})

t.test('hours are told as such', async t => {
  t.match(lines({}, 90)[0], /for 90 s;/)
  t.match(lines({}, 600)[0], /for 10 min;/)
  t.match(lines({}, 10_800)[0], /for 3 h;/)
})
