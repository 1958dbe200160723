/**
 * Everything that a person sees, with a server, a model, a corpus, file names and options that
 * would all like to move the cursor, turn the text round, or hide some of it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { hostileLines, terminalText } from '../../fixtures/hostile-lines.js'
import { runProgram } from '../../fixtures/run-program.js'
import { simulate, type SimulateOptions } from '../../fixtures/vllm/simulate.js'
import { printableJson } from '../../lib/run/printable.js'

/** As far as a file name may hold it. */
const evil = terminalText.replaceAll('\0', '')

const serving = async (t: Test, options: SimulateOptions = {}) => {
  const server = await simulate(options)
  t.teardown(() => server.close())
  return { server, env: { ULTRAIF_BASE_URL: server.url } }
}

/** Lines of text and nothing else; `redrawn` may return and erase, as a progress line does. */
const isHarmless = (t: Test, text: string, { redrawn = false } = {}): void => {
  const shown = redrawn ? text.replaceAll(/\r(?:\u001b\[K)?|\u001b\[K/g, '') : text
  const found = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
  const at = shown.search(found)
  t.equal(at, -1, printableJson(shown.slice(Math.max(0, at - 60), at + 20)))
}

const corpus = (t: Test): string => {
  const folder = join(t.testdir(), evil)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `corpus${evil}.jsonl`)
  const lines = Object.values(hostileLines).map(line => Buffer.from(line))
  writeFileSync(file, Buffer.concat(lines.flatMap(line => [line, Buffer.from('\n')])))
  return file
}

t.test('a hostile corpus in a file with a hostile name', async t => {
  const { env } = await serving(t, { model: `m${evil}` })
  const { code, stderr } = await runProgram(['run', corpus(t)], { env, isTTY: true })
  t.equal(code, 0)
  t.match(stderr, /rejected bad_json at .*corpus/)
  isHarmless(t, stderr, { redrawn: true })
})

t.test('rows on a terminal', async t => {
  const { env } = await serving(t)
  const shown: string[] = []
  const stdout = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => (shown.push(String(text)), done()),
  })
  const { code } = await runProgram(['run', '--as', 'record', corpus(t)], {
    env,
    stdout: Object.assign(stdout, { isTTY: true }),
  })
  t.equal(code, 0)
  const rows = shown
    .join('')
    .split('\n')
    .slice(0, -1)
    // `any`: rows as a reader of the terminal would copy them.
    .map(line => JSON.parse(line) as any)
  t.ok(rows.some(({ seed }) => seed.query.includes(terminalText)))
  isHarmless(t, shown.join(''))
})

t.test('a server that answers every call with a hostile error', async t => {
  const { server, env } = await serving(t, { model: `m${evil}` })
  for (const fault of ['status', 'redirect', 'garbage'] as const) {
    server.clearScripts()
    if (fault === 'status')
      server.script(({ method }) => method === 'POST', {
        fault,
        status: 400,
        message: terminalText,
      })
    else if (fault === 'garbage')
      server.script(({ method }) => method === 'POST', { body: terminalText })
    else
      server.script(({ method }) => method === 'POST', {
        status: 302,
        body: '',
        headers: { location: 'http://a/\u009b31m\u00ad' },
      })
    for (const progress of ['plain', 'json']) {
      const args = ['run', '--retries', '0', '--progress', progress, corpus(t)]
      const { code, stderr, summary } = await runProgram(args, { env })
      t.equal(code, 0)
      t.ok(summary.rejected[fault === 'status' ? 'bad_request' : 'bad_response'] > 0)
      isHarmless(t, stderr)
    }
  }
})

t.test('a server that is hostile from the start', async t => {
  const { server, env } = await serving(t, { model: `m${evil}` })
  const commands = [
    ['doctor'],
    ['doctor', '--json'],
    ['doctor', '--model', evil],
    ['generate', '--model', evil, corpus(t)],
  ]
  const tryAll = async () => {
    for (const args of commands) {
      const { stdout, stderr } = await runProgram(args, { env })
      t.ok(stdout + stderr)
      // Rows that go into a pipe are nobody's to see.
      isHarmless(t, args[0] === 'doctor' ? stdout + stderr : stderr)
    }
  }
  await tryAll()
  server.script({ path: '/v1/models' }, { status: 403, body: terminalText })
  await tryAll()
  server.script({ path: '/v1/models' }, { body: terminalText })
  await tryAll()
  server.script(
    { path: '/v1/models' },
    { body: { data: [{ id: evil }, { id: `${evil}2` }] } },
  )
  await tryAll()
  server.script({ path: '/version' }, { body: { version: evil } })
  await tryAll()
})

t.test(
  'a durable run in a folder with a hostile name, gone on with by force',
  async t => {
    const { env } = await serving(t, { model: `m${evil}` })
    const file = corpus(t)
    const state = join(file, '..', `state${evil}`)
    const out = join(file, '..', `rows${evil}.jsonl`)
    const args = ['run', '--state', state, '--out', out, file]
    for (const more of [
      ['--max-rejects', '1'],
      ['--samples', '3'],
      ['--samples', '3', '--force'],
      ['--samples', '3', '--from-rejects', join(state, 'rejects.jsonl')],
    ]) {
      const { stdout, stderr } = await runProgram([...args, ...more], { env })
      t.ok(stderr)
      isHarmless(t, stdout + stderr)
    }
  },
)

t.test('hostile words on the command line and in a configuration', async t => {
  const folder = t.testdir({
    'name.json': JSON.stringify({ [evil]: 1 }),
    'value.json': JSON.stringify({ samples: evil, 'base-url': [evil, 5] }),
    'broken.json': `{"${evil}`,
    'throws.mjs': `export default () => { throw new Error(${JSON.stringify(evil)}) }`,
  })
  const { env } = await serving(t)
  for (const args of [
    [evil],
    ['parse', evil],
    ['parse', `--${evil}`],
    ['parse', '--limit', evil],
    ['parse', '--config', evil],
    ['parse', '--rejects', join(folder, evil, evil), corpus(t)],
    ['run', '--config', join(folder, 'name.json'), corpus(t)],
    ['run', '--config', join(folder, 'value.json'), corpus(t)],
    ['run', '--config', join(folder, 'broken.json'), corpus(t)],
    ['run', '--pipeline', evil, corpus(t)],
    ['run', '--pipeline', join(folder, 'throws.mjs'), corpus(t)],
    ['run', '--prompts', evil, corpus(t)],
    ['run', '--base-url', evil, corpus(t)],
    ['run', '--base-url', `http://${evil}`, corpus(t)],
    ['filter', '--also', `sft=${evil}`, corpus(t)],
    ['doctor', evil],
  ]) {
    const { code, stdout, stderr } = await runProgram(args, { env })
    t.ok(code === 1 || code === 2, `${code} ${JSON.stringify(args)}`)
    isHarmless(t, stdout + stderr)
  }
})
