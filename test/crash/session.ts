/** One session of a durable run, as a process of its own, that may be cut in the middle. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { bin, inDist } from '../../fixtures/built.js'
import { lastJson } from '../../fixtures/run-program.js'
import type { SimulatedServer } from '../../fixtures/vllm/simulate.js'
import type { Variant } from './variants.js'

/** How a session is cut, once the server has taken up so many sequences of it. */
export type Cut =
  /** `atWrite`: with the next bytes that an output gets, before the journal can say so. */
  | { way: 'kill'; after: number; thenMs: number; atWrite: boolean }
  /** Killed like that, and what was not synced may be gone. */
  | { way: 'power'; after: number; thenMs: number; atWrite: boolean; synced: string }
  | { way: 'term'; after: number; thenMs: number; twice: boolean }
  /** The disk takes files of so many KiB and no more. */
  | { way: 'disk'; kib: number }
  | { way: 'server'; after: number }

export interface Session {
  code: number | null
  signal: NodeJS.Signals | null
  stderr: string
  /** The last line of stderr, where it is JSON: `any`, since its shape is what is checked. */
  summary: any
  /** Request bodies that the server saw. */
  requests: string[]
  sequences: number
}

const watchSyncs = pathToFileURL(inDist('test/crash/watch-syncs.js')).href

export const runSession = async (
  { args, stdin, outputs }: Variant,
  dir: string,
  server: SimulatedServer,
  cut?: Cut,
): Promise<Session> => {
  const [before, seen] = [server.stats.sequences, server.requests.length]
  const line = [
    'run',
    '--base-url',
    server.url,
    '--seed',
    '1',
    '--state',
    'state',
    ...args,
  ]
  const deadline = cut?.way === 'server' ? ['--deadline', '1s'] : []
  const command = [bin, ...line, ...deadline, '--progress', 'off']
  // Of the environment only what a shell would have: a test runner's would write files, too.
  const { PATH, HOME } = process.env
  const surroundings = { cwd: dir, env: { PATH, HOME } }
  const child =
    cut?.way === 'disk'
      ? // Full in the way that needs no disk: writing past the limit fails like ENOSPC.
        spawn(
          'bash',
          [
            '-c',
            `trap '' XFSZ; ulimit -f ${cut.kib}; exec "$0" "$@"`,
            process.execPath,
            ...command,
          ],
          surroundings,
        )
      : cut?.way === 'power'
        ? spawn(process.execPath, ['--import', watchSyncs, ...command], {
            ...surroundings,
            env: { ...surroundings.env, SYNCED: cut.synced },
          })
        : spawn(process.execPath, command, surroundings)
  child.stdin.on('error', () => {})
  child.stdin.end(stdin ?? '')
  child.stdout.resume()
  const written = () => nextWrite(dir, outputs, child)
  const [told, closed] = [text(child.stderr), once(child, 'close')]
  if (cut) await cutDown(child, server, before, cut, written)
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null]
  if (cut?.way === 'server') await server.revive()
  const stderr = await told
  return {
    code,
    signal,
    stderr,
    summary: lastJson(stderr),
    requests: server.requests.slice(seen).map(({ raw }) => raw),
    sequences: server.stats.sequences - before,
  }
}

const cutDown = async (
  child: ChildProcess,
  server: SimulatedServer,
  before: number,
  cut: Cut,
  written: () => Promise<void>,
): Promise<void> => {
  if (cut.way === 'disk') return
  const runs = () => child.exitCode === null && child.signalCode === null
  while (runs() && server.stats.sequences - before < cut.after) await delay(1)
  if (cut.way === 'server') return void (await server.die({ exitMs: 0 }))
  const isKill = cut.way === 'kill' || cut.way === 'power'
  if (isKill && cut.atWrite) await written()
  else await delay(cut.thenMs)
  if (!runs()) return
  if (isKill) return void child.kill('SIGKILL')
  child.kill('SIGTERM')
  if (!cut.twice) return
  await delay(cut.thenMs)
  child.kill('SIGTERM')
}

/** Resolves when an output in the folder itself gets bytes, or the process ends. */
const nextWrite = async (
  dir: string,
  outputs: readonly string[],
  child: ChildProcess,
): Promise<void> => {
  const ended = new AbortController()
  child.once('exit', () => ended.abort())
  if (child.exitCode !== null || child.signalCode !== null) return
  try {
    for await (const { filename } of watch(dir, { signal: ended.signal }))
      if (outputs.includes(filename ?? '')) return
  } catch (error) {
    if (!ended.signal.aborted) throw error
  }
}
