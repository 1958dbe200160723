/** A server behind TLS with a certificate of its own making, met by real processes. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import t, { type Test } from 'tap'
import { built, runBuilt } from '../../fixtures/built.js'
import { selfSigned } from '../../fixtures/self-signed.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const corpus = join(import.meta.dirname, '../../fixtures/samples/query.jsonl')

t.before(built)

/** A simulated server, and TLS before it; what it was asked is in `requests`. */
const behindTls = async (t: Test) => {
  const { key, cert } = selfSigned()
  const server = await simulate()
  const tls: Server = createServer({ key, cert }, socket => {
    const behind = connect(server.port, '127.0.0.1')
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.on('error', () => other.destroy())
      one.pipe(other)
    }
  })
  tls.listen(0, '127.0.0.1')
  await once(tls, 'listening')
  t.teardown(async () => {
    tls.close()
    await server.close()
  })
  const ca = join(t.testdir(), 'ca.pem')
  writeFileSync(ca, cert)
  const { port } = tls.address() as AddressInfo
  return { server, ca, port, url: `https://127.0.0.1:${port}` }
}

const run = (url: string, env: { [name: string]: string } = {}) =>
  runBuilt(['run', '--limit', '1', '--base-url', url, corpus], { env })

t.test('a certificate that nobody vouches for is refused, with the way out', async t => {
  const { server, url } = await behindTls(t)
  const { code, stderr, rows } = await run(url)
  t.equal(code, 1)
  t.match(stderr, /no secure connection \(DEPTH_ZERO_SELF_SIGNED_CERT/)
  t.match(stderr, /NODE_EXTRA_CA_CERTS/)
  t.same(rows, [])
  t.equal(server.requests.length, 0, 'not a word was said to it, no key either')
})

t.test("a CA of one's own is trusted by NODE_EXTRA_CA_CERTS", async t => {
  const { url, ca } = await behindTls(t)
  const { code, stderr, summary } = await run(url, { NODE_EXTRA_CA_CERTS: ca })
  t.equal(code, 0, stderr)
  t.equal(summary.in, 1)
})

t.test('a certificate for another host is refused, whoever vouches for it', async t => {
  const { server, port, ca } = await behindTls(t)
  const { code, stderr } = await run(`https://localhost:${port}`, {
    NODE_EXTRA_CA_CERTS: ca,
  })
  t.equal(code, 1)
  t.match(stderr, /no secure connection \(.*ALTNAME/)
  t.equal(server.requests.length, 0)
})
