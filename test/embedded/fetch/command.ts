import t from 'tap'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../../lib/embedded/fetch/command.js'

const node = (source: string) => ({ file: process.execPath, args: ['-e', source] })

t.test('a program that goes well leaves its words in the log alone', async t => {
  const logFile = join(t.testdir(), 'log')
  const said = node('console.log("out"); console.error("err")')
  t.equal(await runCommand(said, { logFile }), undefined)
  t.match(readFileSync(logFile, 'utf8'), /^\$ .*\nout\nerr\n$/)
})

t.test('one that fails is quoted: its code, its last lines and the log', async t => {
  const logFile = join(t.testdir(), 'log')
  const source = 'for (let i = 0; i < 30; i++) console.log("line " + i); process.exit(7)'
  const why = await runCommand(node(source), { logFile })
  t.match(why, /ended with code 7\n {4}line 24\n/)
  t.match(why, /line 29\n {4}\(all of it: .*log\)$/)
  t.notMatch(why, /line 23/)
})

t.test('one that is not there is named', async t => {
  const logFile = join(t.testdir(), 'log')
  const why = await runCommand({ file: 'no-such-program', args: [] }, { logFile })
  t.match(why, /^no-such-program could not be run: .*ENOENT/)
})

t.test('an abort kills it and throws the reason', async t => {
  const logFile = join(t.testdir(), 'log')
  const aborting = new AbortController()
  const running = runCommand(node('setInterval(() => {}, 1000)'), {
    logFile,
    signal: aborting.signal,
  })
  aborting.abort(new Error('stopped by the user'))
  await t.rejects(running, { message: 'stopped by the user' })
})
