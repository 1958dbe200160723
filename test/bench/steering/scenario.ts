/** Servers of which the client knows nothing, and what happens to them in the middle of a run. */
import { type TimeLaw, timeLaws } from '../../../fixtures/vllm/engine/time-law.js'
import type { Fault } from '../../../fixtures/vllm/faults.js'
import type { SimulateOptions } from '../../../fixtures/vllm/options.js'

export interface Scenario {
  name: string
  law: TimeLaw
  servers: number
  records: number
  /** Compose, five samples, five judge calls; or one response a record, all calls alike. */
  work: 'pipeline' | 'responses'
  /** Tokens of the talk before each prompt, in every call: what fills KV memory. */
  historyTokens: number
  /** Fixed limits to compare with, for each server. */
  sweep: number[]
  /** KV memory is what binds: its use is to settle at 0.80 to 0.90. */
  kvBinds?: boolean
  /** Nothing changes during the run: the limit is to come to rest. */
  settles?: boolean
  /** Its limit is shown as it moves. */
  traced?: boolean
  /** Nobody can do well here; shown without a goal. */
  noGoal?: boolean
  flavour?: SimulateOptions['flavour']
  /** Happens to this part of the calls, however many there are. */
  fault?: { kind: Fault; rate: number }
  /** More sequences in flight than this are refused. */
  most?: number
  /** Another program at the first server, with so many sequences in flight. */
  intruder?: { fromMs: number; toMs: number; sequences: number }
  /** The second server dies, and comes back. */
  outage?: { fromMs: number; toMs: number }
}

const h100 = timeLaws['h100-8b']
/** Enough memory for all slots. */
const roomy = (slots: number): TimeLaw => ({
  ...h100,
  maxNumSeqs: slots,
  kvTokens: slots * 4096,
})
const kvSweep = [384, 512, 640, 768, 1024]
const around = (slots: number): number[] =>
  [1, 1.125, 1.25, 1.5].map(times => Math.round(times * slots))

const faulty = {
  law: roomy(64),
  servers: 1,
  records: 500,
  work: 'pipeline',
  historyTokens: 0,
  sweep: around(64),
} as const

export const scenarios: Scenario[] = [
  {
    name: 'responses on an H100',
    law: h100,
    servers: 1,
    records: 6000,
    work: 'responses',
    historyTokens: 400,
    sweep: kvSweep,
    kvBinds: true,
    settles: true,
    traced: true,
  },
  {
    name: 'pipeline on an H100',
    law: h100,
    servers: 1,
    records: 2000,
    work: 'pipeline',
    historyTokens: 1000,
    sweep: kvSweep,
    kvBinds: true,
  },
  {
    name: '64 slots',
    law: roomy(64),
    servers: 1,
    records: 500,
    work: 'pipeline',
    historyTokens: 0,
    sweep: around(64),
    settles: true,
  },
  {
    name: '256 slots',
    law: roomy(256),
    servers: 1,
    records: 2000,
    work: 'pipeline',
    historyTokens: 0,
    sweep: around(256),
    settles: true,
  },
  {
    name: 'H100, a second client with 300 sequences from 60 to 120 s',
    law: h100,
    servers: 1,
    records: 6000,
    work: 'responses',
    historyTokens: 400,
    sweep: kvSweep,
    traced: true,
    intruder: { fromMs: 60_000, toMs: 120_000, sequences: 300 },
  },
  {
    name: 'two H100, one gone from 30 to 60 s',
    law: h100,
    servers: 2,
    records: 8000,
    work: 'responses',
    historyTokens: 400,
    sweep: kvSweep,
    outage: { fromMs: 30_000, toMs: 60_000 },
  },
  {
    name: 'H100, no /metrics',
    law: h100,
    servers: 1,
    records: 3000,
    work: 'responses',
    historyTokens: 400,
    sweep: kvSweep,
    flavour: 'plain',
    noGoal: true,
  },
  {
    name: '64 slots, 2 in 100 calls refused',
    ...faulty,
    fault: { kind: { fault: 'busy' }, rate: 0.02 },
  },
  {
    name: '64 slots, 20 in 100 calls refused',
    ...faulty,
    fault: { kind: { fault: 'busy' }, rate: 0.2 },
  },
  {
    name: '64 slots, 1 in 100 answers broken off',
    ...faulty,
    fault: { kind: { fault: 'reset', when: 'half-body' }, rate: 0.01 },
  },
  {
    name: '64 slots, more than 40 refused',
    ...faulty,
    sweep: [36, 40, 48, 64],
    most: 40,
  },
  {
    name: 'H100, 2 in 100 calls refused',
    law: h100,
    servers: 1,
    records: 6000,
    work: 'responses',
    historyTokens: 400,
    sweep: kvSweep,
    kvBinds: true,
    fault: { kind: { fault: 'busy' }, rate: 0.02 },
  },
]
