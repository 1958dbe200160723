import { EventEmitter } from 'node:events'
import t from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'
import { simulate } from '../../../fixtures/vllm/simulate.js'

t.test('it tells people what a server can do and what a run would use', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  const { code, stdout } = await runProgram(['doctor', '--base-url', server.url])
  t.equal(code, 0)
  t.match(stdout, new RegExp(`^${server.url}\n  server +vLLM 0\\.32\\.0\n`))
  t.match(stdout, /model +simulated/)
  t.match(stdout, /JSON Schema +honoured/)
  t.match(stdout, /A run would use\n  in flight +64 sequences/)
})

t.test('it tells how many sequences a run would begin with, by the cache', async t => {
  const server = await simulate({ time: 'h100-8b' })
  t.teardown(() => server.close())
  const { stdout } = await runProgram(['doctor', '--base-url', server.url])
  t.match(stdout, /in flight +394 sequences at first, then as its gauges say\n/)
})

t.test('--json gives programs one line a server', async t => {
  const [one, two] = [await simulate(), await simulate({ flavour: 'plain' })]
  t.teardown(() => Promise.all([one.close(), two.close()]))
  const { rows } = await runProgram(['doctor', '--json'], {
    env: { ULTRAIF_BASE_URL: `${one.url},${two.url}` },
  })
  t.match(rows, [
    { url: one.url, version: '0.32.0', batchChat: true, metrics: true },
    { url: two.url, version: undefined, batchChat: false, metrics: false },
  ])
})

t.test('what a server says of itself cannot play tricks with the terminal', async t => {
  const server = await simulate({ model: 'evil\u001b[2J\u202e' })
  t.teardown(() => server.close())
  const { stdout } = await runProgram(['doctor', '--base-url', server.url])
  t.match(stdout, /model +evil\n/)
  t.notMatch(stdout, /[\u001b\u202e]/)
})

t.test('a refused key ends with 1 and says which variable to set', async t => {
  const server = await simulate({ apiKey: 'right' })
  t.teardown(() => server.close())
  const ran = await runProgram(['doctor', '--base-url', server.url], {
    env: { ULTRAIF_API_KEY: 'wrong-key' },
  })
  t.equal(ran.code, 1)
  t.match(ran.stderr, /ULTRAIF_API_KEY/)
  t.notMatch(ran.stderr, /wrong-key/)
})

t.test('a replica that is down hides nothing about the others', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  const ran = await runProgram(['doctor'], {
    env: { ULTRAIF_BASE_URL: `http://127.0.0.1:1,${server.url}` },
  })
  t.equal(ran.code, 1)
  t.match(ran.stdout, new RegExp(`^${server.url}\n`))
  t.match(ran.stderr, /127\.0\.0\.1:1: no connection/)
})

t.test('replicas that serve different models are told before a run fails', async t => {
  const servers = [await simulate(), await simulate({ model: 'other' })]
  t.teardown(() => Promise.all(servers.map(server => server.close())))
  const ran = await runProgram([
    'doctor',
    ...servers.flatMap(({ url }) => ['--base-url', url]),
  ])
  t.equal(ran.code, 2)
  t.match(ran.stderr, /one model, and these serve simulated, other/)
})

t.test('Ctrl-C ends it, however long a server takes', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  const signals = new EventEmitter()
  server.script(
    ({ path }) => {
      if (!path.includes('chat')) return false
      setImmediate(() => signals.emit('SIGINT', 'SIGINT'))
      return true
    },
    { fault: 'stall' },
  )
  const urls = ['--base-url', server.url, '--base-url', 'http://127.0.0.1:9']
  const ran = await runProgram(['doctor', ...urls], { signals })
  t.match(ran, { code: 130, stdout: '', stderr: '' })
  t.equal(signals.listenerCount('SIGINT'), 0)
})
