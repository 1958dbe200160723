import t from 'tap'
import { secretsOf, withoutCredentials, withoutSecrets } from '../lib/credentials.js'

t.test('a URL loses its user name and password, and stays a URL', async t => {
  const shown: [given: string, shown: string][] = [
    ['see http://ann:secret@host:8000/v1, please', 'see http://host:8000/v1, please'],
    ['["https://ann@a","https://:secret@b"]', '["https://a","https://b"]'],
    [
      "unknown option '--base-urll=http://a:secret@b'",
      "unknown option '--base-urll=http://b'",
    ],
    ['http://ann:se/cr@et@host', 'http://host'],
    ['http://host/v1 and mail to ann@host', 'http://host/v1 and mail to ann@host'],
  ]
  for (const [given, wanted] of shown) t.equal(withoutCredentials(given), wanted)
})

t.test('a bearer token is hidden in every way that a body may quote it', async t => {
  const secrets = secretsOf('Bearer sk-"a/b')
  for (const body of [
    'bad key sk-"a/b!',
    JSON.stringify({ error: 'bad key sk-"a/b' }),
    `?key=${encodeURIComponent('sk-"a/b')}`,
  ]) {
    t.match(withoutSecrets(body, secrets), /\[key\]/)
    t.notMatch(withoutSecrets(body, secrets), /sk-/)
  }
})

t.test('of basic auth the header, the pair and the password are hidden', async t => {
  const encoded = Buffer.from('ann:s3cr:et').toString('base64')
  const body = `Basic ${encoded} is ann:s3cr:et, the password is s3cr:et`
  t.equal(
    withoutSecrets(body, secretsOf(`Basic ${encoded}`)),
    'Basic [key] is [key], the password is [key]',
  )
})

t.test('a password of two letters does not blot out the words round it', async t => {
  const secrets = secretsOf(`Basic ${Buffer.from('ann:er').toString('base64')}`)
  t.equal(withoutSecrets('error for ann:er', secrets), 'error for [key]')
})

t.test('without a key nothing is a secret', async t => {
  t.same(secretsOf(undefined), [])
  t.equal(withoutSecrets('anything', []), 'anything')
})

t.test(
  'a text that broke off in the middle of a key does not end with half of it',
  async t => {
    const secrets = secretsOf('Bearer sk-12345678')
    t.equal(withoutSecrets('the key sk-1234', secrets), 'the key ')
    t.equal(
      withoutSecrets('the key sk-', secrets),
      'the key sk-',
      'as many words may end',
    )
  },
)
