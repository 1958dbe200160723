/** Processes that a benchmark runs and measures, or needs beside it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, openSync, closeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { lastJson } from '../../fixtures/run-program.js'
import type { Cost } from './children/tell.js'

/** Where the built program lies: benchmarks run what a user runs. */
const dist = resolve(import.meta.dirname, '../..')
export const ultraif = join(dist, 'bin', 'ultraif.js')
export const child = (name: string): string =>
  join(import.meta.dirname, 'children', `${name}.js`)
const tell = pathToFileURL(child('tell')).href

export interface Measured extends Cost {
  /** The JSON line that ends stderr, where there is one. */
  summary: any
}

export interface Measuring {
  /** A file for stdin; without it stdin is empty. */
  input?: string
  /** A file for stdout; without it what is written goes to /dev/null. */
  output?: string
  /** Takes stdout in place of a file. */
  take?: (stdout: Readable) => Promise<unknown>
  nodeFlags?: string[]
}

/** Runs a program of Node's to its end. Throws what it said where it fails. */
export const measure = async (
  script: string,
  args: string[],
  { input = '/dev/null', output = '/dev/null', take, nodeFlags = [] }: Measuring = {},
): Promise<Measured> => {
  const stdin = openSync(input, 'r')
  const stdout = take ? 'pipe' : openSync(output, 'w')
  const run = spawn(process.execPath, [...nodeFlags, '--import', tell, script, ...args], {
    stdio: [stdin, stdout, 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], BENCH_TELL: '1' },
  })
  closeSync(stdin)
  if (typeof stdout === 'number') closeSync(stdout)
  const [said, told, [code]] = await Promise.all([
    text(run.stderr as Readable),
    text(run.stdio[3] as Readable),
    once(run, 'close') as Promise<[number | null]>,
    take?.(run.stdout as Readable),
  ])
  if (code !== 0) throw new Error(`${script} ended with ${code}:\n${said.slice(-2000)}`)
  return { ...(JSON.parse(told) as Cost), summary: lastJson(said) }
}

export interface Served {
  url: string
  stop: () => Promise<void>
}

/** Starts a server that says its URL on stdout or stderr, in a process of its own. */
export const serve = async (script: string, args: string[]): Promise<Served> => {
  const run = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async () => {
    if (run.exitCode === null && run.signalCode === null) {
      run.kill('SIGKILL')
      await once(run, 'close')
    }
  }
  return { url: await urlOf(run), stop }
}

/** The simulated vLLM server, answering at once. */
export const serveSimulated = (...args: string[]): Promise<Served> =>
  serve(join(dist, 'fixtures', 'simulate.js'), ['--port', '0', ...args])

const urlOf = (run: ChildProcess): Promise<string> =>
  new Promise((settle, fail) => {
    let said = ''
    for (const stream of [run.stdout, run.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const [url] = /http:\/\/[\d.]+:\d+/.exec(said) ?? []
        if (url) settle(url)
      })
    run.on('close', () => fail(new Error(`the server ended before it served:\n${said}`)))
  })

/** A slow reader: takes a chunk, waits, takes the next. */
export const takeSlowly =
  (ms: number) =>
  async (stdout: Readable): Promise<void> => {
    for await (const _chunk of stdout) await new Promise(next => setTimeout(next, ms))
  }

/** Writes lines to a file without holding them. */
export const writeLines = async (
  file: string,
  count: number,
  line: (i: number) => string,
): Promise<void> => {
  const stream = createWriteStream(file)
  for (let i = 0; i < count; i++)
    if (!stream.write(line(i) + '\n')) await once(stream, 'drain')
  stream.end()
  await once(stream, 'close')
}
