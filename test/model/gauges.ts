import { readFileSync } from 'node:fs'
import t from 'tap'
import { request } from 'undici'
import { simulate } from '../../fixtures/vllm/simulate.js'
import { gaugesIn } from '../../lib/model/gauges.js'

const recorded = readFileSync('fixtures/replies/vllm-0.32.0/metrics.txt', 'utf8')

t.test('a scrape of a real vLLM is read, its cache in tokens', async t => {
  t.same(gaugesIn(recorded), {
    running: 0,
    waiting: 0,
    kvUsage: 0,
    preemptions: 0,
    kvTokens: 93_184,
    engines: 1,
  })
})

t.test('the simulated server says how large its cache is and what runs', async t => {
  const server = await simulate({ time: 'small', kvTokens: 16_000, maxNumSeqs: 4 })
  const leaving = new AbortController()
  t.teardown(() => {
    leaving.abort()
    return server.close()
  })
  request(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'One', n: 6, max_tokens: 4000, ignore_eos: true }),
    signal: leaving.signal,
  }).catch(() => {})
  for (;;) {
    const gauges = gaugesIn(await scrape(server.url))
    if (!gauges?.running) continue
    t.match(gauges, { running: 4, waiting: 2, kvTokens: 16_000, preemptions: 0 })
    t.ok((gauges.kvUsage ?? 0) > 0)
    break
  }
})

t.test(
  'engines behind one address are one server: sums, and the use of all caches',
  async t => {
    const both = ['0', '1'].flatMap(engine => [
      `vllm:num_requests_running{engine="${engine}",model_name="m"} 1${engine}.0`,
      `vllm:num_requests_waiting{engine="${engine}",model_name="m"} 2.0`,
      `vllm:kv_cache_usage_perc{engine="${engine}",model_name="m"} 0.${engine}5`,
      `vllm:num_preemptions_total{engine="${engine}",model_name="m"} 3.0`,
      `vllm:cache_config_info{block_size="16",engine="${engine}",num_gpu_blocks="100"} 1.0`,
    ])
    t.match(gaugesIn(both.join('\n')), {
      running: 21,
      waiting: 4,
      kvUsage: 0.1,
      preemptions: 6,
      kvTokens: 3200,
      engines: 2,
    })
  },
)

t.test('another model on the same page is not ours', async t => {
  const text = [
    'vllm:num_requests_running{model_name="ours"} 3.0',
    'vllm:num_requests_running{model_name="a \\"quoted\\", odd} one"} 90.0',
    'vllm:num_requests_waiting{model_name="ours"} 1.0',
    'vllm:num_requests_waiting{model_name="a \\"quoted\\", odd} one"} 70.0',
  ].join('\n')
  t.match(gaugesIn(text, 'ours'), { running: 3, waiting: 1, engines: 1 })
  t.match(
    gaugesIn(text, 'an alias that the page does not know'),
    { running: 93, waiting: 71 },
    'a served name that is an alias still counts',
  )
})

t.test('names of older releases are known', async t => {
  const text = [
    'vllm:num_requests_running{model_name="m"} 3.0',
    'vllm:num_requests_waiting{model_name="m"} 1.0',
    'vllm:gpu_cache_usage_perc{model_name="m"} 0.5',
    'vllm:num_preemptions{model_name="m"} 7.0',
  ].join('\n')
  t.match(gaugesIn(text), { running: 3, waiting: 1, kvUsage: 0.5, preemptions: 7 })
})

t.test('what a server leaves out stays unknown and is not taken for zero', async t => {
  const bare = 'vllm:num_requests_running 3.0\nvllm:num_requests_waiting NaN\n'
  t.equal(gaugesIn(bare), undefined, 'a number that is none counts as missing')
  const gauges = gaugesIn(bare.replace('NaN', '0'))
  t.notOk('kvUsage' in (gauges ?? {}))
  t.notOk('kvTokens' in (gauges ?? {}))
})

t.test('a page of another server is no reading', async t => {
  t.equal(gaugesIn('llamacpp:requests_processing 1\n'), undefined)
  t.equal(gaugesIn('<html>vllm:num_requests_running</html>'), undefined)
  t.equal(gaugesIn(''), undefined)
})

const scrape = async (url: string): Promise<string> =>
  (await request(`${url}/metrics`)).body.text()
