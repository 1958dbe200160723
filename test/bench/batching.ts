/**
 * Whether several calls in one request pay: the same work as singles, as lists, on the batch route
 * and as n samples. Decides what `--batch auto` does (lib/model/batch/group-size.ts).
 */
import { Pool } from 'undici'
import { parseAddress } from '../../lib/model/address.js'
import { timeLaws } from '../../fixtures/vllm/engine/time-law.js'
import { simulate } from '../../fixtures/vllm/simulate.js'
import type { Benchmark, Table } from './benchmark.js'
import { forms, type Form } from './batching/forms.js'
import { work, type Done, type Load } from './batching/work.js'
import { alternating, fixed, median, whole } from './numbers.js'
import { VirtualClock } from './virtual/clock.js'
import { VirtualNetwork } from './virtual/network.js'
import { virtualServer } from './virtual/server.js'

interface Shape {
  name: string
  maxTokens: number
  even: boolean
  sequences: number
}
type Work = Pick<Load, 'model' | 'inFlight' | 'group' | 'samples'>

const loadOf = ({ maxTokens, even, sequences }: Shape, work: Work): Load => ({
  ...work,
  sequences,
  even,
  sampling: { temperature: 1, topP: 1, maxTokens },
})

/** On the simulated H100: ten times what is in flight. */
const simulated: Work = { model: 'simulated', inFlight: 320, group: 16, samples: 5 }
const simulatedShapes: Shape[] = [
  { name: '4 tokens', maxTokens: 4, even: true, sequences: 3200 },
  { name: '16 tokens', maxTokens: 16, even: true, sequences: 3200 },
  { name: '64 tokens', maxTokens: 64, even: true, sequences: 3200 },
  { name: '256 tokens', maxTokens: 256, even: true, sequences: 3200 },
  { name: 'of their own length', maxTokens: 2048, even: false, sequences: 3200 },
]
/** Small enough for a model on two CPU cores. */
const real = { inFlight: 32, group: 8, samples: 4 }
const realShapes: Shape[] = [
  { name: '4 tokens', maxTokens: 4, even: true, sequences: 96 },
  { name: '16 tokens', maxTokens: 16, even: true, sequences: 96 },
  { name: 'of their own length, 64 at most', maxTokens: 64, even: false, sequences: 64 },
]

/** The engine's law and its API process in virtual time: the same on any machine. */
const inVirtualTime = (form: Form, shape: Shape): Promise<Done> => {
  const clock = new VirtualClock()
  const network = new VirtualNetwork({ clock, oneWayMs: 1 })
  const { url } = virtualServer(clock, network, { time: timeLaws['h100-8b'] })
  const place = { dispatcher: network.client(url), origin: url, base: '' }
  return clock.run(() => work(place, form, loadOf(shape, simulated)))
}

const rowOf = (form: Form, all: Done[], singles: Done[]): string[] => {
  const rate = (each: (done: Done) => number, of: Done[]) =>
    median(of.map(done => (each(done) / done.ms) * 1000))
  const sequences = rate(done => done.sequences, all)
  return [
    form.name,
    whole(median(all.map(done => done.requests))),
    fixed(sequences, sequences < 100 ? 1 : 0),
    `${fixed(sequences / rate(done => done.sequences, singles))} ×`,
    whole(rate(done => done.tokens, all)),
  ]
}
const rateColumns = ['form', 'requests', 'sequences/s', 'of singles', 'tokens/s']
const cpuOf = (all: Done[]): number =>
  median(all.map(({ cpu, sequences }) => (cpu / sequences) * 1000))

/** The singles that a form replaces stand before it. */
const withSingles = <T>(values: readonly T[]): [T, T][] =>
  values.map((value, i) => [value, values[i - (i % 2)] as T])

const simulatedTables = async (log: (line: string) => void): Promise<Table[]> => {
  const tables: Table[] = []
  for (const shape of simulatedShapes) {
    log(shape.name)
    const done: Done[] = []
    for (const form of forms) done.push(await inVirtualTime(form, shape))
    tables.push({
      title: `Answers ${shape.name}: one H100 with an 8B model, simulated`,
      columns: rateColumns,
      rows: withSingles(done).map(([own, singles], i) =>
        rowOf(forms[i] as Form, [own], [singles]),
      ),
    })
  }
  return tables
}

const rounds = 5

/** What the client pays, beside a server that answers at once; both in one process. */
const costTable = async (): Promise<Table> => {
  const server = await simulate({ logLimit: 0 })
  const pool = new Pool(server.url, { connections: simulated.inFlight })
  const place = { dispatcher: pool, origin: server.url, base: '' }
  const shape = { name: '', maxTokens: 16, even: true, sequences: 1600 }
  try {
    const costs = await alternating(
      rounds,
      Object.fromEntries(
        forms.map(form => [form.name, () => work(place, form, loadOf(shape, simulated))]),
      ),
    )
    return {
      title: `Client and simulated server together, answers of 16 tokens at once; medians of ${rounds} alternating rounds`,
      columns: ['form', 'CPU s per 1,000 sequences', 'of singles'],
      rows: withSingles(forms).map(([form, single]) => {
        const own = cpuOf(costs[form.name] as Done[])
        const singles = cpuOf(costs[single.name] as Done[])
        return [form.name, fixed(own, 3), `${fixed(own / singles)} ×`]
      }),
    }
  } finally {
    await pool.close()
    await server.close()
  }
}

const realTables = async (
  baseUrl: string,
  log: (line: string) => void,
): Promise<Table[]> => {
  const { origin, base } = parseAddress(baseUrl)
  const pool = new Pool(origin, { connections: real.inFlight, keepAliveTimeout: 4000 })
  try {
    const { body } = await pool.request({ method: 'GET', path: `${base}/v1/models` })
    const [model] = ((await body.json()) as { data: { id: string }[] }).data
    const tables: Table[] = []
    for (const shape of realShapes) {
      const load = loadOf(shape, { ...real, model: model?.id ?? '' })
      const done = await alternating(
        3,
        Object.fromEntries(
          forms.map(form => [
            form.name,
            () => {
              log(`${shape.name}: ${form.name}`)
              return work({ dispatcher: pool, origin, base }, form, load)
            },
          ]),
        ),
      )
      tables.push({
        title: `Answers ${shape.name}: ${baseUrl}, ${real.inFlight} sequences in flight, groups of ${real.group}, n = ${real.samples}; medians of 3 alternating rounds`,
        columns: [...rateColumns, 'client CPU s per 1,000 sequences'],
        rows: withSingles(forms).map(([form, single]) => {
          const all = done[form.name] as Done[]
          return [...rowOf(form, all, done[single.name] as Done[]), fixed(cpuOf(all), 3)]
        }),
      })
    }
    return tables
  } finally {
    await pool.close()
  }
}

const batching: Benchmark = {
  name: 'batching',
  what: `The same calls one a request, in lists of ${simulated.group}, ${simulated.group} on the batch route, and ${simulated.samples} samples as \`n\`: ${simulated.inFlight} sequences in flight in a closed loop, bodies and readers those of the client. On the simulated H100 in virtual time; with \`--base-url\` on that server.`,
  run: async ({ baseUrl, log }) => ({
    tables: baseUrl
      ? await realTables(baseUrl, log)
      : [...(await simulatedTables(log)), await costTable()],
    goals: [],
    notes: [
      'A single takes its slot’s place as soon as one is free; a group’s next request waits for its slowest member. Where answers differ in length, that is what groups lose.',
      'The simulated API process costs 0.56 ms a request and 1.04 ms a prompt, fitted on one H100 at 4 tokens an answer. How it fares with a template, with the checks of a batch route or on another machine these tables do not show.',
    ],
  }),
}

export default batching
