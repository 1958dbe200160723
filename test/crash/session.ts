/** One session of a durable run, as a process of its own, that may be cut in the middle. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { bin } from '../../fixtures/built.js'
import { lastJson } from '../../fixtures/run-program.js'
import type { SimulatedServer } from '../../fixtures/vllm/simulate.js'
import type { Variant } from './variants.js'

/** How a session is cut, once the server has taken up so many sequences of it. */
export type Cut =
  | { way: 'kill'; after: number; thenMs: number }
  | { way: 'term'; after: number; thenMs: number; twice: boolean }
  /** The disk takes files of so many KiB and no more. */
  | { way: 'disk'; kib: number }
  | { way: 'server'; after: number }

export interface Session {
  code: number | null
  signal: NodeJS.Signals | null
  stderr: string
  /** The last line of stderr, where it is JSON. */
  summary: any
  /** Request bodies that the server saw. */
  requests: string[]
  sequences: number
}

export const runSession = async (
  { args, stdin }: Variant,
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
      : spawn(process.execPath, command, surroundings)
  child.stdin.on('error', () => {})
  child.stdin.end(stdin ?? '')
  child.stdout.resume()
  const [told, closed] = [text(child.stderr), once(child, 'close')]
  if (cut) await cutDown(child, server, before, cut)
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
): Promise<void> => {
  if (cut.way === 'disk') return
  const runs = () => child.exitCode === null && child.signalCode === null
  while (runs() && server.stats.sequences - before < cut.after) await delay(1)
  if (cut.way === 'server') return void (await server.die({ exitMs: 0 }))
  await delay(cut.thenMs)
  if (!runs()) return
  if (cut.way === 'kill') return void child.kill('SIGKILL')
  child.kill('SIGTERM')
  if (!cut.twice) return
  await delay(cut.thenMs)
  child.kill('SIGTERM')
}
