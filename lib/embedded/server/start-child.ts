/** Starts the chat server's process and waits until it answers or says why not. */
import { fork, type ChildProcess } from 'node:child_process'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../errors.js'
import type { ChildMessage, ChildOptions } from './child.js'

export interface RunningChild {
  url: string
  contextLength: number
  /** Ends the process; answers that are open are cut. */
  close(): Promise<void>
}

export interface StartOptions {
  log: (line: string) => void
  signal?: AbortSignal | undefined
  /** The process ended though nobody closed it: it will answer nothing any more. */
  onDeath?: ((failure: Failure) => void) | undefined
  /** The program to start, for tests. */
  program?: string
}

const ours = fileURLToPath(new URL('./child.js', import.meta.url))

/** Native code that is in the middle of a step does not always listen. */
const killAfterMs = 3000

/** @throws Failure embedded_unavailable; whatever `signal` was aborted with */
export const startChild = async (
  options: ChildOptions,
  { log, signal, onDeath, program = ours }: StartOptions,
): Promise<RunningChild> => {
  signal?.throwIfAborted()
  const child = fork(program, [JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const said = gather(child, log)
  let closing = false
  // Not the event 'close': it never comes after a `disconnect` of ours (Node 20).
  const exited = new Promise<string>(resolve => {
    child.on('error', error => resolve(error.message))
    child.on('exit', (code, killed) => resolve(killed ?? `code ${code}`))
  })
  const ended = exited.then(async why => {
    await said.all
    return why
  })
  const close = async (): Promise<void> => {
    closing = true
    if (child.connected) child.disconnect()
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    await ended
    clearTimeout(timer)
  }
  const onAbort = (): void => void close()
  signal?.addEventListener('abort', onAbort, { once: true })
  const first = await Promise.race([
    new Promise<ChildMessage>(resolve => child.once('message', resolve as () => void)),
    ended.then((why): ChildMessage => ({
      failed: `The process of the embedded model ended with ${why} before it was ready.${said.last()}`,
    })),
  ])
  signal?.removeEventListener('abort', onAbort)
  if (signal?.aborted || 'failed' in first) {
    await close()
    signal?.throwIfAborted()
    throw new Failure('embedded_unavailable', 'failed' in first ? first.failed : '')
  }
  void ended.then(why => {
    if (closing) return
    const message = `the process of the embedded model ended by itself, with ${why}${said.last()}`
    if (onDeath) onDeath(new Failure('embedded_unavailable', message))
    else log(message)
  })
  letGo(child)
  return { ...first, close }
}

/** What the process prints goes to the log; the last of it is kept for the message. */
const gather = (child: ChildProcess, log: (line: string) => void) => {
  let last = ''
  const streams = [child.stdout, child.stderr].filter(stream => stream !== null)
  for (const stream of streams)
    stream.setEncoding('utf8').on('data', (text: string) => {
      last = (last + text).slice(-2000)
      for (const line of text.split('\n')) if (line.trim()) log(line)
    })
  return {
    last: () => (last.trim() ? `\n${last.trim()}` : ''),
    all: Promise.allSettled(streams.map(stream => finished(stream))),
  }
}

/** A forgotten `close` must not keep the program alive: when it ends, the child sees it and ends too. */
const letGo = (child: ChildProcess): void => {
  child.unref()
  child.channel?.unref()
  for (const stream of [child.stdout, child.stderr])
    (stream as { unref?: () => void } | null)?.unref?.()
}
