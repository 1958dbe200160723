import t from 'tap'
import { checkUrls } from '../../lib/cli/check-urls.js'
import { runProgram } from '../../fixtures/run-program.js'

t.test('a password that has to be encoded is told so, and not repeated', async t => {
  for (const url of [
    'http://ann:SEK/RIT@127.0.0.1:18802',
    'https://ann:SEK?RIT@h/v1',
    'http://ann:a/SEK@RIT#@h:8000',
  ]) {
    const thrown = t.throws(() => checkUrls([url]), { code: 'usage', message: /%2F/ })
    t.notMatch((thrown as Error).message, /ann:|SEK|RIT/)
  }
})

t.test('other URLs are left to whoever calls them', async t => {
  checkUrls([
    'http://h:8000',
    'http://ann:SEK%2FRIT@h:8000',
    'http://h:8000/a@b',
    'http://ann@h:port',
    'nonsense',
  ])
  t.pass()
})

t.test('every command that calls servers says it', async t => {
  for (const args of [['run'], ['doctor'], ['generate']])
    for (const env of [{}, { ULTRAIF_BASE_URL: 'http://ann:SEK/RIT@127.0.0.1:18802' }]) {
      const flags =
        'ULTRAIF_BASE_URL' in env
          ? []
          : ['--base-url', 'http://ann:SEK/RIT@127.0.0.1:18802']
      const file = args[0] === 'doctor' ? [] : ['package.json']
      const { code, stderr } = await runProgram([...args, ...flags, ...file], { env })
      t.equal(code, 2)
      t.match(stderr, /http:\/\/127\.0\.0\.1:18802: .* write \/ as %2F/)
      t.notMatch(stderr, /ann:|SEK|RIT/)
    }
  const judge = ['--base-url', 'http://h', '--judge-url', 'http://ann:a/b@h:1']
  t.match(await runProgram(['run', ...judge, 'package.json']), { stderr: /%2F/ })
})
