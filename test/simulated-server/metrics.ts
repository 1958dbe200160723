import { readFileSync } from 'node:fs'
import t from 'tap'
import { ask, chat } from '../../fixtures/ask.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const path = '/v1/chat/completions'
const recorded = readFileSync(
  `${import.meta.dirname}/../../fixtures/replies/vllm-0.32.0/metrics.txt`,
  'utf8',
)
/** HELP and TYPE lines, and samples without their values. */
const outline = (text: string): string[] =>
  text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('vllm:cache_config_info{'))
    .map(line => (line.startsWith('#') ? line : line.slice(0, line.lastIndexOf(' '))))

t.test('metrics have the names, labels and help texts of a real scrape', async t => {
  const server = await simulate({ model: 'smollm2', time: 'small' })
  t.teardown(() => server.close())
  const { text, headers } = await ask(server.url, '/metrics')
  t.equal(headers['content-type'], 'text/plain; version=1.0.0; charset=utf-8')
  const real = new Set(outline(recorded))
  for (const line of outline(text)) t.ok(real.has(line), line)
})

t.test('gauges and counters are true to what the server does', async t => {
  const server = await simulate({ time: 60_000, maxNumSeqs: 2 })
  t.teardown(() => server.close())
  const value = async (name: string): Promise<number> => {
    const { text } = await ask(server.url, '/metrics')
    const line = text.split('\n').find(line => line.startsWith(`vllm:${name}{`))
    return Number(line?.slice(line.lastIndexOf(' ')))
  }
  const abort = new AbortController()
  const open = ask(server.url, path, chat('x', { n: 5 }), { signal: abort.signal })
  while (server.stats.running === 0) await new Promise(setImmediate)
  t.equal(await value('num_requests_running'), 2)
  t.equal(await value('num_requests_waiting'), 3)
  t.equal(await value('num_requests_waiting_by_reason'), 3)
  abort.abort()
  await t.rejects(open)
  while (server.stats.running > 0) await new Promise(setImmediate)
  t.equal(await value('num_requests_running'), 0)
})

t.test('tokens and ends are counted', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  const { json } = await ask(server.url, path, chat('Tell me.', { max_tokens: 5, n: 2 }))
  const { text } = await ask(server.url, '/metrics')
  t.match(text, `vllm:generation_tokens_total{engine="0",model_name="simulated"} 10.0\n`)
  t.match(
    text,
    `vllm:prompt_tokens_total{engine="0",model_name="simulated"} ${2 * json.usage.prompt_tokens}.0\n`,
  )
  t.match(text, 'finished_reason="length",model_name="simulated"} 2.0\n')
})
