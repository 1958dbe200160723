/** What users get: the files of the package, and that they are enough to run on. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { built } from '../fixtures/built.js'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)
/** Without scripts: `prepack` empties `dist`, which other tests run at this moment. */
const pack = async (...args: string[]) => {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', ...args], {
    cwd: root,
  })
  const [packed] = JSON.parse(stdout) as [Packed]
  return packed
}
interface Packed {
  filename: string
  files: { path: string }[]
  unpackedSize: number
}

t.before(built)

t.test('the package holds what it needs and nothing else', async t => {
  const { files, unpackedSize } = await pack('--dry-run')
  const paths = files.map(({ path }) => path)
  const strays = paths.filter(
    path =>
      !/^dist\/(bin|lib|pipelines)\/[\w./-]+(\.js|\.d\.ts)$/.test(path) &&
      !['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'lib/CODES.md'].includes(
        path,
      ) &&
      path !== 'dist/record.schema.json',
  )
  t.same(strays, [], 'no sources, maps, tests, fixtures or data')
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const promised = [
    ...['README.md', 'LICENSE', 'CHANGELOG.md', 'lib/CODES.md'],
    bin.ultraif,
    ...Object.values<string>(exports).map(path => path.replace('*', 'ultraif').slice(2)),
  ]
  for (const path of promised) t.ok(paths.includes(path), path)
  t.ok(unpackedSize < 2_000_000, `${unpackedSize} bytes`)
})

t.test('what is in the package runs by itself', async t => {
  const folder = t.testdir()
  const { filename } = await pack('--pack-destination', folder)
  await run('tar', ['-xzf', filename], { cwd: folder })
  const installed = join(folder, 'package')
  // In the place of an install: the packages that it needs, and no word of the repository.
  mkdirSync(join(installed, 'node_modules'))
  const { dependencies } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  )
  for (const name of Object.keys(dependencies)) {
    mkdirSync(join(installed, 'node_modules', name, '..'), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(installed, 'node_modules', name))
  }
  const bin = join(installed, 'dist', 'bin', 'ultraif.js')
  t.ok(statSync(bin).isFile())
  const corpus = join(folder, 'corpus.jsonl')
  writeFileSync(corpus, '{"query":"Name a river."}\n')
  const ultraif = (...args: string[]) => run(process.execPath, [bin, ...args])
  t.match((await ultraif('--version')).stdout, /^\d+\.\d+\.\d+\n$/)
  t.match(JSON.parse((await ultraif('parse', corpus)).stdout), { query: 'Name a river.' })
  const { stdout } = await run(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      "import('ultraif').then(({ parse }) => console.log(typeof parse))",
    ],
    { cwd: installed },
  )
  t.equal(stdout, 'function\n', 'the library, by the name of the package')
})
