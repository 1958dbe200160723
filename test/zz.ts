import { EventEmitter } from 'node:events'
import { runProgram } from '/work/wt/state/fixtures/run-program.js'
import { simulate } from '/work/wt/state/fixtures/vllm/simulate.js'
import { rmSync, writeFileSync } from 'node:fs'
const server = await simulate({ passRate: 0.6, time: 5 })
rmSync('/tmp/st/q', { recursive: true, force: true })
rmSync('/tmp/st/qo', { force: true })
writeFileSync(
  '/tmp/st/q.jsonl',
  Array.from(
    { length: 24 },
    (_, i) =>
      JSON.stringify({ query: `Write ${i} words about rivers, in French, as a list.` }) +
      '\n',
  ).join(''),
)
const signals = new EventEmitter()
const p = runProgram(
  [
    'run',
    '--base-url',
    server.url,
    '--seed',
    '1',
    '--concurrency',
    '1',
    '--state',
    '/tmp/st/q',
    '--out',
    '/tmp/st/qo',
    '/tmp/st/q.jsonl',
  ],
  { signals },
)
while (server.stats.sequences < 30) await new Promise(r => setTimeout(r, 2))
console.log('emit', server.stats.sequences)
signals.emit('SIGINT', 'SIGINT')
signals.emit('SIGINT', 'SIGINT')
const to = setTimeout(() => {
  console.log('HANG', process.getActiveResourcesInfo())
  process.exit()
}, 8000)
const r = await p
clearTimeout(to)
console.log(r.code, r.stderr)
await server.close()
