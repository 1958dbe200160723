/**
 * A server that quotes the key it is given in everything it answers: nothing that a run prints
 * or writes holds it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lastJson, runProgram } from '../../fixtures/run-program.js'
import { simulate, type Reply, type Seen } from '../../fixtures/vllm/simulate.js'

const corpus = join(import.meta.dirname, '../../fixtures/samples/query.jsonl')
const secret = 's3cret/key+"1"'

/** What a server may make of the header that it got. */
const echoes: { [what: string]: (authorization: string) => Reply } = {
  'a refusal': key => ({ status: 401, body: { error: { message: `bad key: ${key}` } } }),
  'an error in text': key => ({ status: 500, body: `trace: ${key}`, type: 'text/plain' }),
  'an error page': key => ({ status: 502, body: `<html><title>${key}</title></html>` }),
  'an error with status 200': key => ({ body: { error: { message: key } } }),
  'no JSON': key => ({ body: `${'x'.repeat(16_370)}${key}`, type: 'text/plain' }),
  'another place': key => ({
    status: 307,
    body: '',
    headers: {
      location: `https://${encodeURIComponent(key)}@host/?key=${encodeURIComponent(key)}`,
    },
  }),
}

const fails = /in text|page/

/** How a key is given: in the environment, or in the URL. */
const ways: { [how: string]: (url: string) => { [name: string]: string } } = {
  'as a key': url => ({ ULTRAIF_BASE_URL: url, ULTRAIF_API_KEY: secret }),
  'in the URL': url => ({
    ULTRAIF_BASE_URL: url.replace('//', `//ann:${encodeURIComponent(secret)}@`),
  }),
}

const header = ({ headers }: Seen): string => headers.authorization ?? ''
const decoded = (key: string): string =>
  key.startsWith('Basic') ? `${key} ${Buffer.from(key.slice(6), 'base64')}` : key

/** No part of the secret of three letters or more that could be told from a word. */
const isHidden = (t: Test, text: string, said: string): void => {
  for (const part of ['s3cret', 'key+', encodeURIComponent(secret), 'YW5uOn'])
    t.notOk(text.includes(part), `${said}: ${part} in ${text.slice(0, 3000)}`)
}

for (const [how, env] of Object.entries(ways)) {
  t.test(`a key given ${how} is used, and neither printed nor written`, async t => {
    const server = await simulate()
    t.teardown(() => server.close())
    const ran = await runProgram(
      ['run', '--progress', 'json', '--as', 'record', corpus],
      { env: env(server.url) },
    )
    t.equal(ran.code, 0)
    t.ok(server.requests.every(request => decoded(header(request)).includes(secret)))
    isHidden(t, ran.stdout + ran.stderr, 'a good run')
  })

  for (const [what, echo] of Object.entries(echoes))
    t.test(`${what} that quotes a key given ${how}`, async t => {
      const folder = t.testdir()
      const server = await simulate()
      t.teardown(() => server.close())
      server.script(
        ({ method, schema }) => method === 'POST' && schema !== 'ultraif_probe',
        request => echo(decoded(header(request))),
      )
      const out = (name: string) => join(folder, name)
      const args = ['--retries', '0', '--progress', 'json', '--limit', '2', corpus]
      const files = ['--out', out('rows.jsonl'), '--rejects', out('rejects.jsonl')]
      const written = await runProgram(['run', ...files, ...args], {
        env: env(server.url),
      })
      const passed = await runProgram(['decompose', ...args], { env: env(server.url) })
      t.equal(lastJson(written.stderr)?.in, 2)
      const texts = readdirSync(folder).map(name => readFileSync(out(name), 'utf8'))
      t.match(texts.join(''), /\[key\]|https:\/\/host/, 'where the key stood is told')
      for (const text of [written.stderr, passed.stderr, passed.stdout, ...texts])
        isHidden(t, text, what)
    })

  // A server that fails at the start is waited for.
  for (const [what, echo] of Object.entries(echoes).filter(([what]) => !fails.test(what)))
    t.test(`${what} at the start that quotes a key given ${how}`, async t => {
      const server = await simulate()
      t.teardown(() => server.close())
      server.script({ path: '/v1/models' }, request => echo(decoded(header(request))))
      const config = join(
        t.testdir({
          'run.json': JSON.stringify({ 'base-url': env(server.url)['ULTRAIF_BASE_URL'] }),
        }),
        'run.json',
      )
      const given = env(server.url)
      for (const ran of [
        await runProgram(['generate', '--retries', '0', corpus], { env: given }),
        await runProgram(['doctor'], { env: given }),
        await runProgram(['doctor', '--json', '--config', config], { env: given }),
      ]) {
        t.equal(ran.code, 1)
        isHidden(t, ran.stdout + ran.stderr, what)
      }
    })
}

t.test('a key in the configuration is refused without being repeated', async t => {
  const folder = t.testdir({ 'run.json': JSON.stringify({ 'api-key': secret }) })
  const ran = await runProgram(['run', '--config', join(folder, 'run.json'), corpus])
  t.equal(ran.code, 2)
  t.match(ran.stderr, /Keys come from the environment only/)
  isHidden(t, ran.stderr, 'refused')
})
