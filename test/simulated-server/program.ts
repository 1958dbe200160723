import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { ask, chat } from '../../fixtures/ask.js'

const file = `${import.meta.dirname}/../../fixtures/simulate.ts`
/** Runs the program from its source, with the loaders that this test runs with. */
const run = (t: Test, ...flags: string[]) => {
  const child = spawn(process.execPath, [...process.execArgv, file, ...flags])
  t.teardown(() => child.kill('SIGKILL'))
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += String(chunk)))
  return {
    child,
    errors: () => errors,
    ended: once(child, 'close') as Promise<[number | null, string | null]>,
    url: once(child.stdout, 'data').then(([line]: Buffer[]) => String(line)),
  }
}

t.test('says where it listens, serves, and stops on a signal', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, url, ended } = run(t, '--port', '0', '--model', 'm', '--latency', '5')
    const line = await url
    t.match(line, /^http:\/\/127\.0\.0\.1:\d+\n$/)
    const told = await ask(line.trim(), '/v1/chat/completions', chat('x', { model: 'm' }))
    t.equal(told.status, 200)
    child.kill(signal)
    t.same(await ended, [0, null], signal)
  }
})

t.test('faults and limits come from flags', async t => {
  const { child, url } = run(
    t,
    ...['--port', '0', '--law', 'small', '--speed', '100', '--version', '0.30.0'],
    ...['--api-key', 'k', '--fault', '418:text:1', '--max-model-len', '512'],
  )
  const at = (await url).trim()
  const headers = { authorization: 'Bearer k' }
  const { json } = await ask(at, '/v1/models', undefined, { headers })
  t.equal(json.data[0]?.max_model_len, 512)
  t.equal((await ask(at, '/version')).text, '{"version":"0.30.0"}')
  t.equal((await ask(at, '/v1/completions', { prompt: 'x' }, { headers })).status, 418)
  child.kill()
})

t.test('explains itself', async t => {
  const { child, ended } = run(t, '--help')
  let help = ''
  child.stdout.on('data', (chunk: Buffer) => (help += String(chunk)))
  t.same(await ended, [0, null])
  for (const flag of [
    'port',
    'latency',
    'slots',
    'kv',
    'pass-rate',
    'seed',
    'version',
    'fault',
    'api-key',
  ])
    t.match(help, `--${flag} `)
})

t.test('refuses what it does not know, and says what it does know', async t => {
  for (const [flags, expected] of [
    [['--fault', 'nonsense:0.1'], /expected a status or status, busy/],
    [['--fault', 'busy:2'], /expected a rate from 0 to 1/],
    [['--law', 'nope'], /h100-8b, small/],
    [['--port', 'x'], /expected a number/],
    [['--version', 'new', '--port', '0'], /expected a vLLM version/],
  ] as const) {
    const { ended, errors } = run(t, ...flags)
    const [code] = await ended
    t.not(code, 0, flags.join(' '))
    t.match(errors(), expected)
  }
})
