import { readFileSync } from 'node:fs'
import t from 'tap'
import { runProgram } from '../../fixtures/run-program.js'

const commands = [
  'run',
  'parse',
  'decompose',
  'compose',
  'generate',
  'evaluate',
  'filter',
  'follow',
  'doctor',
]

t.test('without arguments there is help, on stdout', async t => {
  const { code, stdout, stderr } = await runProgram([])
  t.equal(code, 0)
  t.equal(stderr, '')
  for (const name of commands) t.match(stdout, new RegExp(`^  ${name} `, 'm'))
})

t.test('the version is the one of the package', async t => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  t.match(await runProgram(['--version']), { code: 0, stdout: `${version}\n` })
})

t.test('each command has help with a purpose, an example and its defaults', async t => {
  for (const name of commands) {
    const { code, stdout } = await runProgram([name, '--help'])
    t.equal(code, 0, name)
    t.match(stdout, new RegExp(`Usage: ultraif ${name}`))
    t.match(stdout, /Examples?:\n  # .+\n  ultraif /, name)
    t.match(stdout, /default: /, name)
    t.same((await runProgram(['help', name])).stdout, stdout, `help ${name}`)
  }
})

t.test('what the help of run leaves out, it names, and takes', async t => {
  const { stdout } = await runProgram(['run', '--help'])
  t.match(stdout, /--judge-url/)
  t.notMatch(stdout, /another server for the judge/)
  t.match(
    (await runProgram(['evaluate', '--help'])).stdout,
    /--judge-url <url> +another server for the judge/,
  )
})

t.test(
  'wrong usage ends with 2, says what was expected and where to read on',
  async t => {
    const refused = async (args: string[], message: RegExp) => {
      const { code, stdout, stderr } = await runProgram(args)
      t.equal(code, 2, args.join(' '))
      t.equal(stdout, '')
      t.match(stderr, message)
    }
    await refused(['pars'], /ultraif: unknown command 'pars'\n\(Did you mean parse\?\)/)
    await refused(
      ['parse', '--lim', '3'],
      /Did you mean --limit\?\)\nSee ultraif parse --help/,
    )
    await refused(['parse', '--limit'], /argument missing/)
    await refused(
      ['parse', '--limit', 'x'],
      /Expected --limit to be a whole number .* "x"/,
    )
    await refused(['parse', '--max-line', '4x'], /Expected --max-line to be a size/)
    await refused(['filter', '--as', 'csv'], /Expected --as to be one of sft, dpo/)
    await refused(['filter', '--also', 'dpo'], /Expected --also to be SHAPE=FILE/)
    await refused(
      ['filter', '--also', 'sft=x.jsonl'],
      /rows of the shape sft are written already/,
    )
    await refused(['generate', '--deadline', '30'], /a duration with its unit/)
    await refused(['evaluate', '--samples', '3'], /unknown option '--samples'/)
  },
)

t.test('a value from the terminal cannot play tricks in the message', async t => {
  const { stderr } = await runProgram(['parse', '--format', '\u001b[2Jx\u202e'])
  t.notMatch(stderr, /[\u001b\u202e]/)
  const unknown = await runProgram(['parse', '--\u001b[2J\u009b=http://ann:secret@host'])
  t.equal(unknown.code, 2)
  t.notMatch(unknown.stderr, /[\u001b\u009b]|secret/)
})

t.test('a word that every object has is no command', async t => {
  t.match(await runProgram(['constructor']), { code: 2, stderr: /unknown command/ })
})

t.test('a single stage without a server says how to name one', async t => {
  for (const [name, flag] of [
    ['decompose', 'decompose'],
    ['compose', 'compose'],
    ['generate', 'generate'],
    ['evaluate', 'judge'],
  ]) {
    const { code, stderr } = await runProgram([name ?? '', 'package.json'])
    t.equal(code, 2)
    t.match(stderr, new RegExp(`--base-url URL \\(or --${flag}-url\\)`))
  }
  t.match(await runProgram(['doctor']), { code: 2, stderr: /ULTRAIF_BASE_URL/ })
})
