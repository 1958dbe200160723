import { resolve } from 'node:path'
import t from 'tap'
import { closeFiles, openFiles, type NamedFile } from '../../lib/run/open-files.js'

/** Opens what it is asked for, but for what cannot be opened. */
const opener = (identities: { [file: string]: string } = {}) => {
  const open = new Set<string>()
  return {
    open,
    opening: async ({ file }: NamedFile) => {
      if (file === 'bad') throw new Error('no such folder')
      open.add(file)
      return {
        identity: identities[file] ?? file,
        close: async () => void open.delete(file),
      }
    },
  }
}

t.test('each file is found by its flag', async t => {
  const { opening } = opener()
  const files = await openFiles(
    [
      { flag: '--out', file: 'a' },
      { flag: '--rejects', file: 'b' },
    ],
    opening,
  )
  t.same([...files.keys()], ['--out', '--rejects'])
  t.equal(files.get('--rejects')?.identity, 'b')
})

t.test('where one cannot be opened, none stays open', async t => {
  const { open, opening } = opener()
  const named = ['a', 'b', 'bad', 'c'].map(file => ({ flag: `--also ${file}=`, file }))
  await t.rejects(openFiles(named, opening), { message: 'no such folder' })
  t.same([...open], [])
})

t.test('two names of one file are refused before anything is opened', async t => {
  const { open, opening } = opener()
  const named = [
    { flag: '--out', file: './a' },
    { flag: '--rejects', file: resolve('a') },
  ]
  await t.rejects(openFiles(named, opening), {
    code: 'usage',
    message: /--out and --rejects both name/,
  })
  t.same([...open], [])
})

t.test('so are two links to it, and none stays open', async t => {
  const { open, opening } = opener({ a: '1:2', b: '1:2' })
  const named = [
    { flag: '--out', file: 'a' },
    { flag: '--rejects', file: 'b' },
  ]
  await t.rejects(openFiles(named, opening), { code: 'usage', message: /both name b/ })
  t.same([...open], [])
})

t.test('- is no file', async t => {
  const { opening } = opener()
  await t.rejects(openFiles([{ flag: '--rejects', file: '-' }], opening), {
    code: 'usage',
    message: /--rejects -: stdout is for the rows/,
  })
})

t.test('all are closed, though one of them cannot be, and that is told', async t => {
  const closed: string[] = []
  const file = (name: string, error?: Error) => ({
    close: async () => {
      closed.push(name)
      if (error) throw error
    },
  })
  await t.rejects(closeFiles([file('a', new Error('full')), file('b')]), {
    message: 'full',
  })
  t.same(closed, ['a', 'b'])
})
