/**
 * A run that is stopped and goes on, as by Ctrl-Z or a laptop that sleeps: meanwhile the server
 * answers, closes what is idle after its keep-alive time (5 s at vLLM, which does not announce
 * it), and every socket that the process wakes up with is dead.
 */
import { join } from 'node:path'
import t from 'tap'
import { built, ended, start } from '../fixtures/built.js'
import { simulate } from '../fixtures/vllm/simulate.js'
import { sum } from '../lib/ledger.js'

const corpus = join(import.meta.dirname, '../fixtures/samples/query.jsonl')

t.before(built)

t.test('wakes up among dead sockets, and loses nothing', async t => {
  const server = await simulate({ time: 20, keepAliveMs: 200 })
  t.teardown(() => server.close())
  const child = start([
    ...['run', corpus, '--base-url', server.url, '--seed', '1'],
    // A dead socket is no failure: it costs no retry.
    ...['--retries', '0', '--concurrency', '16', '--batch', 'off'],
  ])
  child.stdin.end()
  const run = ended(child)
  const until = async (reached: () => boolean) => {
    while (!reached() && child.exitCode === null)
      await new Promise(resolve => setTimeout(resolve, 5))
  }
  for (const calls of [60, 120, 180]) {
    await until(() => server.stats.sequences >= calls)
    child.kill('SIGSTOP')
    const { idleClosed } = server.stats
    await until(() => server.stats.idleClosed >= idleClosed + 8)
    child.kill('SIGCONT')
  }
  const { code, rows, summary, stderr } = await run
  t.equal(code, 0, stderr)
  t.strictSame(summary.rejected, {})
  t.equal(summary.in, 13)
  t.equal(summary.in, summary.kept + sum(summary.filtered))
  t.equal(rows.length, summary.rows.sft)
  t.equal(server.stats.aborted, 0)
})
