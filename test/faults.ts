/**
 * The fault matrix: everything that goes wrong between a stage and its server, at every stage
 * that calls one. Of three records one meets the fault, once or each time it is asked; the table
 * says what becomes of it, as the README does. The others never notice, and all are accounted for.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { rowsOf, runProgram } from '../fixtures/run-program.js'
import {
  type Fault,
  type Script,
  type Seen,
  simulate,
} from '../fixtures/vllm/simulate.js'
import type { RejectCode } from '../lib/codes.js'
import { toDuplex } from '../lib/flow/to-duplex.js'
import { accountedIn, Ledger, sum } from '../lib/ledger.js'
import type { Model } from '../lib/model/model.js'
import { vllm } from '../lib/model/vllm.js'
import type { Record } from '../lib/record.js'
import { chain, type Stage } from '../lib/stage.js'
import { compose } from '../lib/stages/compose.js'
import { decompose } from '../lib/stages/decompose.js'
import { evaluate } from '../lib/stages/evaluate.js'
import { filter } from '../lib/stages/filter.js'
import { generate } from '../lib/stages/generate.js'
import { sample } from '../lib/stages/sample.js'

const corpus = join(import.meta.dirname, '../fixtures/samples/start.jsonl')

interface Place {
  stage: (model: Model) => Stage<Record, Record>
  /** Which calls meet the fault: those of this answer schema, or all. */
  schema?: string
  /** What a reject names. */
  rejectedBy: string
}

const places: { [name: string]: Place } = {
  decompose: { stage: model => decompose(model), rejectedBy: 'decompose' },
  compose: { stage: model => compose(model, { passes: 1 }), rejectedBy: 'compose' },
  generate: { stage: model => generate(model, { samples: 1 }), rejectedBy: 'generate' },
  evaluate: { stage: model => evaluate(model), rejectedBy: 'evaluate' },
  sample: {
    stage: model => sample(model, { generate: { samples: 1 } }),
    rejectedBy: 'generate',
  },
  'the judge of sample': {
    stage: model => sample(model, { generate: { samples: 1 } }),
    schema: 'ultraif_verdicts',
    rejectedBy: 'evaluate',
  },
}

interface Row {
  fault: Script
  /** After the fault was met once; where nothing is asked again, once is as good as always. */
  once?: Outcome
  /** Met each time. */
  always: Outcome
  /** Requests sent for the call that failed, with two retries; where it varies, three at least. */
  attempts?: number
  /** Nothing came that could be kept. */
  noRaw?: true
  /** Places where it is no end of the record. */
  keptBy?: readonly string[]
  deadlineMs?: number
}
type Outcome = RejectCode | 'kept'

const status = (code: number, more: object = {}): Fault => ({
  fault: 'status',
  status: code,
  ...more,
})
const retried = (fault: Script, always: Outcome, more: Partial<Row> = {}): Row => ({
  fault,
  once: 'kept',
  always,
  attempts: 3,
  ...more,
})
const final = (fault: Script, code: Outcome, more: Partial<Row> = {}): Row => ({
  fault,
  always: code,
  attempts: 1,
  ...more,
})
const ignored = (fault: Script): Row => ({ fault, once: 'kept', always: 'kept' })

const breaks = { noRaw: true } as const
/** The first time over a connection used before, which may have been dead: that is not counted. */
const resets = { noRaw: true, attempts: 4 } as const
const stalls = { noRaw: true, deadlineMs: 1000 } as const
/** A prompt too long to be written out again goes on as it is. */
const tooLong = { keptBy: ['compose'] } as const
/** A reply that cannot be used is asked for again by the steps themselves. */
const reply = {
  once: 'kept',
  attempts: 2,
  keptBy: Object.keys(places).filter(name => name !== 'decompose'),
} as const

const matrix: { [name: string]: Row } = {
  'status 408': retried(status(408), 'server_error'),
  'status 429': retried({ fault: 'rate-limit' }, 'overloaded'),
  'status 429 with a date': retried(
    { fault: 'rate-limit', retryAfter: 'Mon, 23 Nov 2026 05:00:00 GMT' },
    'overloaded',
  ),
  'status 500': retried(status(500), 'server_error'),
  'status 500 as text': retried(status(500, { form: 'text' }), 'server_error'),
  'status 502 as HTML': retried(status(502, { form: 'html' }), 'server_error'),
  'status 503': retried({ fault: 'busy' }, 'overloaded'),
  'status 503 of a router': retried(status(503, { form: 'string' }), 'overloaded'),
  'status 504': retried(status(504, { form: 'html' }), 'server_error'),
  'an error under status 200': retried(
    { status: 200, body: { error: { message: 'boom', code: 500 } } },
    'server_error',
  ),
  abort: retried({ fault: 'abort' }, 'server_error'),

  'status 400': final(status(400), 'bad_request'),
  'status 401': final(status(401, { form: 'string' }), 'unauthorized'),
  'status 403': final(status(403, { form: 'detail' }), 'unauthorized'),
  'status 404': final(status(404), 'bad_request'),
  'status 404 for the model': final(
    status(404, { message: 'The model `m` does not exist.', type: 'NotFoundError' }),
    'no_such_model',
  ),
  'status 413': final(status(413, { form: 'html' }), 'too_long', tooLong),
  'status 422': final(status(422, { form: 'detail' }), 'bad_request'),
  'status 501': final(status(501), 'bad_request'),
  'longer than the context': {
    fault: status(400, { message: "This model's maximum context length is 10 tokens." }),
    // Without max_tokens it is asked once more, and may pass.
    once: 'kept',
    always: 'too_long',
    attempts: 2,
    ...tooLong,
  },

  'a reset': retried({ fault: 'reset' }, 'unreachable', resets),
  'a close': retried({ fault: 'close' }, 'unreachable', resets),
  'a reset after the headers': retried(
    { fault: 'reset', when: 'after-headers' },
    'unreachable',
    breaks,
  ),
  'a close after the headers': retried(
    { fault: 'close', when: 'after-headers' },
    'unreachable',
    breaks,
  ),
  'half a body, reset': retried({ fault: 'reset', when: 'half-body' }, 'unreachable'),
  'half a body, closed': retried({ fault: 'close', when: 'half-body' }, 'unreachable'),
  'a socket that died idle': ignored({ fault: 'close-on-reuse' }),

  'no answer': final({ fault: 'stall' }, 'deadline', stalls),
  'headers, and no more': final(
    { fault: 'stall', when: 'after-headers' },
    'deadline',
    stalls,
  ),
  'half a body, and no more': final(
    { fault: 'stall', when: 'half-body' },
    'deadline',
    stalls,
  ),
  'a late answer': ignored({ fault: 'delay', ms: 20 }),

  garbage: final({ fault: 'garbage' }, 'bad_response'),
  'a page': final(
    { fault: 'garbage', body: '<!doctype html><title>Sign in</title>' },
    'bad_response',
  ),
  'an empty body': final({ status: 200, body: '' }, 'bad_response', breaks),
  'JSON that is no completion': final(
    { status: 200, body: { hello: 1 } },
    'bad_response',
  ),
  'no choices': final({ fault: 'no-choices' }, 'bad_response'),
  'a choice too many': final({ fault: 'choice-count', by: 1 }, 'bad_response'),
  'a huge answer': final({ fault: 'huge', bytes: 8 << 20 }, 'bad_response'),
  'a redirect': final({ fault: 'redirect' }, 'bad_response', breaks),
  'another content type': ignored({ fault: 'content-type' }),

  'a reply that was cut': { fault: { fault: 'truncate' }, always: 'truncated', ...reply },
  'an empty reply': {
    fault: { fault: 'empty-content' },
    always: 'no_reply',
    noRaw: true,
    ...reply,
  },

  'the death of the engine': {
    fault: { fault: 'engine-death' },
    once: 'kept',
    always: 'poison_prompt',
    attempts: 3,
  },
  'the death of the process': {
    fault: { fault: 'process-death' },
    once: 'kept',
    always: 'poison_prompt',
    noRaw: true,
  },
}

const record = (i: number, query: string): Record => ({
  id: `0123456789abcdef-${i}`,
  query,
  seed: { query },
  questions: [{ text: 'Is it short?', from: 'seed' }],
  responses: [{ text: `An answer to: ${query}`, finish: 'stop' }],
})
const struck = 'Write two lines about the harbour at night. Use no adjectives.'
const records = () =>
  ['Name three red fruits.', struck, 'Why is the sky blue? Be brief.'].map((query, i) =>
    record(i + 1, query),
  )

const noFlaws = {
  unchanged: 0,
  leaked: 0,
  truncated: 0,
  duplicateQuestion: 0,
  noQuestion: 0,
  noConstraints: 0,
}

/** Runs the three records through one stage, one of them under the fault. */
const run = async (
  t: Test,
  { stage, schema }: Place,
  { fault, deadlineMs }: Row,
  times: number,
) => {
  const server = await simulate({ flaws: noFlaws, restartMs: 150 })
  const model = await vllm({
    urls: [server.url],
    retries: 2,
    backoffMs: 1,
    batch: 'off',
    concurrency: 8,
    ...(deadlineMs && { deadlineMs }),
  })
  t.teardown(async () => {
    model.abort()
    await server.close()
  })
  const text = 'the harbour at night'
  const rule = server.script({ text, ...(schema && { schema }) }, fault, { times })
  const ledger = new Ledger()
  const body = accountedIn(ledger, () =>
    toDuplex(chain(stage(model), filter({ as: 'record' }))),
  )
  const rejected: Record[] = []
  ledger.onReject = reject => void rejected.push(reject)
  const source = Readable.from(
    records().map(each => {
      ledger.entered()
      return each
    }),
  )
  const kept: Record[] = []
  for await (const each of source.pipe(body)) kept.push(each as Record)
  return { kept, rejected, ledger, rule, server }
}

t.test('all of them at once, in a whole run: everything is accounted for', async t => {
  const server = await simulate({ restartMs: 150 })
  t.teardown(() => server.close())
  const generating = ({ method, schema }: Seen) =>
    method === 'POST' && schema !== 'ultraif_probe'
  for (const { fault, deadlineMs, always } of Object.values(matrix))
    if (always === 'poison_prompt') server.script(generating, fault, { times: 2 })
    else server.script(generating, fault, { rate: deadlineMs ? 0.001 : 0.008 })
  const rejects = join(t.testdir(), 'rejects.jsonl')
  const { code, rows, summary, stderr } = await runProgram([
    ...['run', corpus, '--base-url', server.url, '--seed', '1', '--as', 'record'],
    ...['--rejects', rejects, '--deadline', '3s', '--concurrency', '16'],
  ])
  t.equal(code, 0, stderr)
  const rejected = rowsOf(readFileSync(rejects, 'utf8'))
  t.equal(summary.in, 48)
  t.equal(summary.in, summary.kept + sum(summary.filtered) + sum(summary.rejected))
  t.equal(rows.length, summary.kept)
  t.equal(rejected.length, sum(summary.rejected))
  t.ok(rejected.length > 0 && rows.length > 0)
  for (const { reject } of rejected)
    t.ok(reject.attempts > 0 && reject.message, reject.code)
})

t.jobs = 6
for (const [name, place] of Object.entries(places))
  t.test(name, async t => {
    t.jobs = 6
    for (const [fault, row] of Object.entries(matrix))
      for (const how of ['once', 'always'] as const) {
        const told = row[how]
        if (!told) continue
        const expected = row.keptBy?.includes(name) ? 'kept' : told
        const times = how === 'once' ? 1 : Infinity
        t.test(`${fault}, ${how}: ${expected}`, async t => {
          const { kept, rejected, ledger, rule } = await run(t, place, row, times)
          const [reject] = rejected
          t.equal(reject?.reject?.code ?? 'kept', expected)
          t.equal(rejected.length, expected === 'kept' ? 0 : 1, 'and no other')
          t.ok(rule.hits > 0 || fault === 'a socket that died idle', 'it was met')

          t.equal(ledger.in, 3)
          t.equal(ledger.kept + sum(ledger.filtered) + sum(ledger.rejected), 3)
          t.equal(kept.length + rejected.length, 3)

          if (expected === 'kept') return
          t.equal(reject?.seed.query, struck, 'and it is the one that was struck')
          t.equal(reject?.reject?.stage, place.rejectedBy)
          const { attempts = 0, raw = '' } = reject?.reject ?? {}
          if (row.attempts) t.equal(attempts, row.attempts)
          else t.ok(attempts >= 3, `${attempts} attempts`)
          t.equal(raw === '', row.noRaw === true, 'its last words')
        })
      }
  })
