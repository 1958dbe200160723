import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bin, built, runBuilt, runShell } from '../../fixtures/built.js'

const samples = join(import.meta.dirname, '../../fixtures/samples')

/** Quoted for a shell. */
const own = `"${process.execPath}" "${bin}"`

t.before(built)

t.test('exit codes reach the shell', async t => {
  const codes = await Promise.all(
    [
      ['--version'],
      ['pars'],
      ['parse', '--limit', 'x'],
      ['parse', '--strict', join(samples, 'broken.jsonl')],
      ['parse', join(samples, 'query.jsonl')],
    ].map(async args => (await runBuilt(args)).code),
  )
  t.same(codes, [0, 2, 2, 3, 0])
})

t.test('stdin is read where no file is named, and where - is', async t => {
  const input = '{"query":"one"}\n\n{"query":"two"}'
  const plain = await runBuilt(['parse'], { input })
  t.match(plain.summary, { in: 2, out: 2, blank: 1 })
  const mixed = await runBuilt(['parse', join(samples, 'query.jsonl'), '-'], { input })
  t.match(mixed.summary, { in: 15, out: 15 })
})

t.test('it is executable by its first line', async t => {
  const { status, stdout } = spawnSync('sh', [
    '-c',
    `head -n 1 "${bin}"; chmod +x "${bin}"; "${bin}" --version`,
  ])
  t.equal(status, 0)
  t.match(String(stdout), /^#!\/usr\/bin\/env node\n\d+\.\d+\.\d+\n$/)
})

t.test('--version loads no HTTP client, no schemas, no streams', async t => {
  // V8 tells every script it has run, whichever way it was loaded. `env -i` keeps out what the
  // test runner puts into the environment of child processes.
  const dir = t.testdir()
  t.match(await runShell(`env -i NODE_V8_COVERAGE="${dir}" ${own} --version`), {
    code: 0,
  })
  const [report = ''] = readdirSync(dir)
  const { result } = JSON.parse(readFileSync(join(dir, report), 'utf8'))
  const loaded: string[] = result.map(({ url }: { url: string }) => url)
  t.ok(loaded.some(url => url.includes('node_modules/commander/')))
  for (const name of ['undici', 'highland', 'ndjson', 'zod'])
    t.notOk(
      loaded.some(url => url.includes(`node_modules/${name}/`)),
      name,
    )
})

t.test('a broken stderr does not break the rows', async t => {
  const ran = await runShell(
    `ultraif parse "${join(samples, 'query.jsonl')}" 2> >(exec true)`,
  )
  t.equal(ran.code, 0)
  t.equal(ran.rows.length, 13)
})

t.test('a file behind > that takes half of the rows is an error', async t => {
  const dir = t.testdir({ in: '{"query":"Write a line of verse."}\n'.repeat(1000) })
  // Like a full disk: the first write takes what there is room for, and the next one fails.
  // `env -i` as above: what the test runner writes is none of it.
  const ran = await runShell(
    `trap '' XFSZ; ulimit -f 64; env -i ${own} parse "${dir}/in" > "${dir}/out"`,
  )
  t.equal(ran.code, 1)
  t.match(ran.stderr, /Could not write to stdout: file too large/)
})
