/**
 * `npm run soak`: one durable run for many minutes on two servers that fail in every way there
 * is, and die and come back. What must hold: memory and open files stay level, nothing is said
 * on stderr that a program would not expect, and in = kept + filtered + rejected. Linux, since it
 * reads /proc. Exit code 1 if anything does not hold.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import { bin } from '../../fixtures/built.js'
import { lastJson } from '../../fixtures/run-program.js'
import {
  type Fault,
  simulate,
  type SimulatedServer,
} from '../../fixtures/vllm/simulate.js'
import { sum } from '../../lib/ledger.js'

const { minutes } = new Command('soak')
  .usage('-- [options]')
  .option('--minutes <n>', 'how long records come in', Number, 30)
  .parse()
  .opts<{ minutes: number }>()

/** Each hits that part of all requests. */
const faults: [Fault, number][] = [
  [{ fault: 'status', status: 500 }, 0.004],
  [{ fault: 'busy' }, 0.004],
  [{ fault: 'rate-limit', retryAfter: 1 }, 0.002],
  [{ fault: 'reset' }, 0.002],
  [{ fault: 'reset', when: 'half-body' }, 0.002],
  [{ fault: 'close', when: 'after-headers' }, 0.002],
  [{ fault: 'close-on-reuse' }, 0.002],
  [{ fault: 'stall' }, 0.001],
  [{ fault: 'stall', when: 'half-body' }, 0.001],
  [{ fault: 'garbage' }, 0.002],
  [{ fault: 'content-type' }, 0.002],
  [{ fault: 'redirect' }, 0.001],
  [{ fault: 'abort' }, 0.003],
  [{ fault: 'truncate' }, 0.003],
  [{ fault: 'no-choices' }, 0.002],
  [{ fault: 'choice-count' }, 0.002],
  [{ fault: 'null-content' }, 0.002],
  [{ fault: 'empty-content' }, 0.002],
  [{ fault: 'huge' }, 0.0002],
]

const failing = async (seed: number): Promise<SimulatedServer> => {
  const server = await simulate({ time: 40, passRate: 0.7, seed, logLimit: 10 })
  for (const [fault, rate] of faults)
    server.script(({ method }) => method === 'POST', fault, { rate })
  return server
}

/** Every other minute one of them is gone for ten seconds. */
const dieNowAndThen = async (
  servers: readonly SimulatedServer[],
  signal: AbortSignal,
): Promise<void> => {
  for (let i = 0; ; i++) {
    await delay(110_000, undefined, { signal })
    const server = servers[i % servers.length] as SimulatedServer
    await server.die({ exitMs: 0 })
    await delay(10_000, undefined, { signal })
    await server.revive()
  }
}

interface Sample {
  minute: number
  rssMb: number
  files: number
}

const sampleOf = (pid: number, minute: number): Sample | undefined => {
  try {
    const [, kb] =
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    const files = readdirSync(`/proc/${pid}/fd`).length
    return { minute, rssMb: Math.round(Number(kb) / 1024), files }
  } catch {
    return undefined
  }
}

const feed = async (child: ChildProcess, until: number): Promise<number> => {
  let fed = 0
  while (performance.now() < until && child.exitCode === null) {
    const query = `Describe case ${fed} in ${10 + (fed % 50)} words, in French, as a list.`
    const line = fed++ % 100 === 99 ? '{"broken' : JSON.stringify({ query })
    if (!child.stdin?.write(`${line}\n`))
      await Promise.race([once(child.stdin as never, 'drain'), once(child, 'exit')])
  }
  child.stdin?.end()
  return fed
}

const median = (numbers: number[]): number =>
  numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN

const dir = mkdtempSync(join(tmpdir(), 'ultraif-soak-'))
const servers = [await failing(1), await failing(2)]
const ending = new AbortController()
const dying = dieNowAndThen(servers, ending.signal).catch(() => {})
const child = spawn(
  process.execPath,
  [
    ...[bin, 'run', ...servers.flatMap(({ url }) => ['--base-url', url])],
    ...['--seed', '1', '--deadline', '5s', '--concurrency', '8', '--state', 'state'],
    ...['--out', 'sft', '--also', 'dpo=dpo', '--rejects', 'bad', '--progress', 'off'],
  ],
  { cwd: dir },
)
child.stdin.on('error', () => {})
child.stdout.resume()
const told = text(child.stderr)
const startedAt = performance.now()
const samples: Sample[] = []
const sampling = setInterval(() => {
  const minute = (performance.now() - startedAt) / 60_000
  const sample = sampleOf(child.pid as number, Math.round(minute * 10) / 10)
  if (!sample) return
  samples.push(sample)
  if (samples.length % 6 === 0) process.stderr.write(`${JSON.stringify(sample)}\n`)
}, 10_000)

const [fed] = await Promise.all([
  feed(child, startedAt + minutes * 60_000),
  once(child, 'close'),
])
clearInterval(sampling)
ending.abort()
await dying
for (const server of servers) await server.close()
const stderr = await told
const summary = lastJson(stderr)
const part = (from: number, to: number) =>
  samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to))
const early = median(part(1 / 6, 1 / 2).map(({ rssMb }) => rssMb))
const late = median(part(2 / 3, 1).map(({ rssMb }) => rssMb))
const mostFiles = Math.max(...part(1 / 6, 1).map(({ files }) => files))
const lateFiles = median(part(2 / 3, 1).map(({ files }) => files))
const warnings = stderr.split('\n').filter(line => /warning|unexpected/i.test(line))
const problems = [
  ...(child.exitCode === 0 ? [] : [`ended with ${child.exitCode}`]),
  ...(summary?.in === fed ? [] : [`${fed} records went in, ${summary?.in} were counted`]),
  ...(summary?.in ===
  summary?.kept + sum(summary?.filtered ?? {}) + sum(summary?.rejected ?? {})
    ? []
    : ['in is not kept + filtered + rejected']),
  ...(late > early * 1.15 ? [`memory grew from ${early} to ${late} MB`] : []),
  ...(lateFiles > 60 ? [`${lateFiles} open files with 16 calls in flight`] : []),
  ...warnings,
]
rmSync(dir, { recursive: true, force: true })
process.stdout.write(
  `${JSON.stringify({ minutes, rssMb: { early, late, peak: Math.max(...samples.map(({ rssMb }) => rssMb)) }, files: { late: lateFiles, most: mostFiles }, summary, problems }, undefined, 2)}\n`,
)
if (problems.length > 0) {
  process.stderr.write(`${stderr.slice(-4000)}\n`)
  process.exitCode = 1
}
