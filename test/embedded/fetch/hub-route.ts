import t from 'tap'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { hub, type HubOptions } from '../../../fixtures/embedded/hub.js'
import { tinyBytes, tinyWeights } from '../../../fixtures/embedded/tiny-weights.js'
import { hubRoute } from '../../../lib/embedded/fetch/hub-route.js'

const half = tinyBytes.length / 2
const partial = `${tinyWeights.file}.partial`

const fetching = async (
  t: Tap,
  options: HubOptions = {},
  left: { [file: string]: Buffer } = {},
) => {
  const cache = t.testdir()
  const own = join(cache, `${tinyWeights.file}.${hostname()}-${process.pid}.partial`)
  const cutWhen = (sent: number) => existsSync(own) && statSync(own).size >= sent
  const server = await hub(tinyBytes, { cutWhen, ...options })
  t.teardown(() => server.close())
  for (const [file, bytes] of Object.entries(left))
    await writeFile(join(cache, file), bytes)
  const folder = join(cache, 'work')
  await mkdir(folder)
  const lines: string[] = []
  const made = hubRoute.fetch(folder, {
    weights: tinyWeights,
    env: { HF_ENDPOINT: `${server.url}/` },
    log: line => lines.push(line),
    cache,
  })
  return { made, server, cache, lines }
}
type Tap = { testdir(): string; teardown(work: () => unknown): void }

t.test('the file is asked for by repository and commit', async t => {
  const { made, server, lines } = await fetching(t)
  t.ok(readFileSync(await made).equals(tinyBytes))
  t.same(server.seen, [
    { path: '/someone/tiny-GGUF/resolve/abc123/tiny.Q4_1.gguf', range: undefined },
  ])
  t.equal(lines.at(-1), 'tiny.Q4_1.gguf: 100 %')
})

t.test('the hub may send the request on to another place', async t => {
  const { made } = await fetching(t, { redirect: true })
  t.ok(readFileSync(await made).equals(tinyBytes))
})

t.test('a dropped connection is taken up where it broke', async t => {
  const { made, server } = await fetching(t, { cuts: [4000] })
  t.ok(readFileSync(await made).equals(tinyBytes))
  t.equal(server.seen.length, 2)
  t.equal(server.seen[1]?.range, 'bytes=4000-')
})

t.test('what an earlier run left is gone on with', async t => {
  const { made, server } = await fetching(
    t,
    {},
    { [partial]: tinyBytes.subarray(0, half) },
  )
  t.ok(readFileSync(await made).equals(tinyBytes))
  t.same(
    server.seen.map(({ range }) => range),
    [`bytes=${half}-`],
  )
})

t.test('what a killed process left under its own name is gone on with too', async t => {
  // Process ids end far below this one, on every system.
  const left = `${tinyWeights.file}.${hostname()}-999999999.partial`
  const { made, server } = await fetching(t, {}, { [left]: tinyBytes.subarray(0, half) })
  t.ok(readFileSync(await made).equals(tinyBytes))
  t.equal(server.seen[0]?.range, `bytes=${half}-`)
})

t.test('what a living process is writing is left alone', async t => {
  const theirs = `${tinyWeights.file}.${hostname()}-${process.ppid}.partial`
  const { made, server, cache } = await fetching(
    t,
    {},
    { [theirs]: tinyBytes.subarray(0, half) },
  )
  t.ok(readFileSync(await made).equals(tinyBytes))
  t.equal(server.seen[0]?.range, undefined)
  t.ok(existsSync(join(cache, theirs)))
})

t.test('a server that knows no ranges sends it again from the start', async t => {
  const { made } = await fetching(
    t,
    { noRanges: true },
    { [partial]: tinyBytes.subarray(0, half) },
  )
  t.ok(readFileSync(await made).equals(tinyBytes))
})

t.test('a connection that keeps breaking leaves its part for the next run', async t => {
  const { made, cache } = await fetching(t, { cuts: [900, 900, 900, 900, 900, 900] })
  await t.rejects(made)
  const kept = readFileSync(join(cache, partial))
  t.ok(kept.equals(tinyBytes.subarray(0, 4 * 900)))
})

t.test('an error page is no file', async t => {
  const { made, cache } = await fetching(t, {
    answer: response => response.writeHead(404).end('no such repository'),
  })
  await t.rejects(made, { message: /^http:.*tiny\.Q4_1\.gguf: .*got status 404$/ })
  t.same(readdirSync(cache), ['work'])
})

t.test('a server that sends more than the file is cut off', async t => {
  const { made } = await fetching(t, {
    answer: response => response.end(Buffer.alloc(tinyBytes.length + 1)),
  })
  await t.rejects(made, { message: /expected 10244 bytes, got more/ })
})

t.test('a hub that is not there is an error that names it', async t => {
  const server = await hub(tinyBytes)
  await server.close()
  const cache = t.testdir()
  const made = hubRoute.fetch(cache, {
    weights: tinyWeights,
    env: { HF_ENDPOINT: server.url },
    log: () => {},
    cache,
  })
  await t.rejects(made, { message: new RegExp(`^${server.url}/.*ECONNREFUSED`) })
})
