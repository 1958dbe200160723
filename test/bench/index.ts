/**
 * `npm run bench`: runs benchmarks one after the other, since two at once would measure each
 * other, and shows their tables. Goals that are missed are told and fail nothing: a shared
 * machine is no judge.
 */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import type { Benchmark } from './benchmark.js'
import { pageOf, sectionOf } from './page.js'

/** In the order of the page. */
const names = [
  'overhead',
  'occupancy',
  'auto',
  'waves',
  'batching',
  'memory',
  'throughput',
  'start-up',
  'sweep',
]

/** Beside the sources, from wherever the built program lies. */
const resultsFile = resolve(import.meta.dirname, '../../../test/bench/RESULTS.md')

interface Options {
  long: boolean
  write: boolean
  baseUrl?: string
}

const command = new Command('bench')
  .usage('-- [options] [names...]')
  .argument(
    '[names...]',
    `benchmarks to run: ${names.join(', ')} (default: all short ones)`,
  )
  .option('--long', 'also what takes many minutes', false)
  .option('--base-url <url>', 'a real server, for those that can use one')
  .option('--write', 'put the results into test/bench/RESULTS.md', false)
  .showHelpAfterError()
  .parse()

const { long, write, baseUrl } = command.opts<Options>()
const unknown = command.args.find(name => !names.includes(name))
if (unknown !== undefined)
  command.error(`bench: expected a benchmark (${names.join(', ')}), got ${unknown}`)

const load = async (name: string): Promise<Benchmark | undefined> => {
  const file = join(import.meta.dirname, `${name}.js`)
  if (!existsSync(file)) return undefined
  return ((await import(file)) as { default: Benchmark }).default
}

const log = (line: string): void => void process.stderr.write(`${line}\n`)
const line = ['npm run bench', ...(process.argv.length > 2 ? ['--'] : [])]
  .concat(process.argv.slice(2).filter(argument => argument !== '--write'))
  .join(' ')
const sections = new Map<string, string>()
const files: { name: string; text: string }[] = []
let failed = false

for (const name of command.args.length > 0 ? command.args : names) {
  const benchmark = await load(name)
  if (!benchmark) {
    log(`${name}: not in this build`)
    continue
  }
  if (benchmark.long && !long && command.args.length === 0) {
    log(`${name}: takes many minutes; run it with --long, or by its name`)
    continue
  }
  const startedAt = performance.now()
  try {
    const result = await benchmark.run({
      baseUrl,
      long,
      log: text => log(`${name}: ${text}`),
    })
    const seconds = (performance.now() - startedAt) / 1000
    const section = sectionOf({ benchmark, result, command: line, seconds })
    sections.set(name, section)
    files.push(...(result.files ?? []))
    process.stdout.write(`${section}\n`)
  } catch (error) {
    failed = true
    log(`${name}: ${(error as Error).stack}`)
  }
}

if (write) {
  const before = existsSync(resultsFile) ? await readFile(resultsFile, 'utf8') : ''
  await writeFile(resultsFile, pageOf(before, sections, names))
  for (const file of files)
    await writeFile(join(dirname(resultsFile), file.name), file.text)
  log(`written: ${relative(process.cwd(), resultsFile)}`)
}
if (failed) process.exitCode = 1
