import t from 'tap'
import { Failure } from '../../lib/errors.js'
import { parseAddress } from '../../lib/model/address.js'

const forms: [given: string, origin: string, base: string][] = [
  ['http://127.0.0.1:8000', 'http://127.0.0.1:8000', ''],
  ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000', ''],
  ['http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000', ''],
  ['http://127.0.0.1:8000/v1/', 'http://127.0.0.1:8000', ''],
  [' http://127.0.0.1:8000/v1/chat/completions ', 'http://127.0.0.1:8000', ''],
  ['https://host/proxy/v1', 'https://host', '/proxy'],
  ['https://host/proxy/', 'https://host', '/proxy'],
  ['https://host:8443/a/b/v1/', 'https://host:8443', '/a/b'],
  ['http://[::1]:8000/v1', 'http://[::1]:8000', ''],
]
for (const [given, origin, base] of forms)
  t.test(`${given.trim()} is understood`, async t => {
    t.match(parseAddress(given), { origin, base, shown: origin + base })
  })

t.test('a URL without a scheme is refused with the one that was meant', async t => {
  t.throws(() => parseAddress('localhost:8000/v1'), {
    code: 'usage',
    message: /did you mean http:\/\/localhost:8000\/v1\?/,
  })
})

t.test('several URLs in one are refused with how to give them', async t => {
  for (const both of ['http://a:8000,http://b:8000', 'http://a/v1, http://b/v1'])
    t.throws(() => parseAddress(both), { code: 'usage', message: /give each by itself/ })
})

for (const bad of ['', 'ftp://host', 'http://', 'http://host/v1?key=1', 'http://host#x'])
  t.test(`"${bad}" is refused as wrong usage`, async t => {
    t.throws(() => parseAddress(bad), { code: 'usage', exitCode: 2 })
  })

t.test('credentials in the URL are sent as basic auth and never shown', async t => {
  const address = parseAddress('https://ann:p%40ss@host/v1')
  t.equal(address.shown, 'https://host')
  t.equal(address.origin, 'https://host')
  t.equal(address.authorization, `Basic ${Buffer.from('ann:p@ss').toString('base64')}`)
})

t.test('a key goes along as a bearer token, without the newline of its file', async t => {
  t.equal(parseAddress('http://host', 'sk-1\n').authorization, 'Bearer sk-1')
  t.equal(parseAddress('http://host', ' ').authorization, undefined)
})

t.test('no message about a URL repeats a password or a key', async t => {
  const tries: [string, string?][] = [
    ['https://ann:secret@host/v1', 'sk-secret'],
    ['http://host', 'sk-\u0000secret'],
    ['ftp://ann:secret@host'],
    ['ann:secret@host:8000'],
    ['https://ann:secret@host/v1?x=1'],
    ['http://ann:sec/secret@host'],
    ['http://ann:12/secret@host'],
    ['http://ann:12?secret@host'],
    ['http://ann:12#secret@host'],
    ['ftp://ann:my secret@host'],
    ['ann:sec/secret@host:8000'],
  ]
  for (const [url, key] of tries)
    try {
      parseAddress(url, key)
      t.fail(`${url} was accepted`)
    } catch (error) {
      t.type(error, Failure)
      t.notMatch((error as Failure).message, /secret/)
    }
})
