import t from 'tap'
import { existsSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { settleIn } from '../../../lib/embedded/fetch/settle-in.js'

/** Makes a folder with one file, as an installer would. */
const folderWith = (text: string) => async (workshop: string) => {
  const made = join(workshop, 'made')
  await mkdir(made)
  await writeFile(join(made, 'file'), text)
  return made
}
const holds = (target: string, text: string) => async () => {
  const file = join(target, 'file')
  return existsSync(file) && readFileSync(file, 'utf8') === text
}

t.test('what is there and good is not made again', async t => {
  const target = join(t.testdir({ target: { file: 'good' } }), 'target')
  const make = () => t.fail('made again') as never
  await settleIn(target, { isGood: holds(target, 'good'), make })
})

t.test('what failed half-way leaves nothing behind', async t => {
  const dir = t.testdir()
  const target = join(dir, 'target')
  const make = async (workshop: string) => {
    writeFileSync(join(workshop, 'half'), '')
    throw new Error('no more disk')
  }
  await t.rejects(settleIn(target, { isGood: holds(target, 'good'), make }), {
    message: 'no more disk',
  })
  t.same(readdirSync(dir), [])
})

t.test('a broken leftover under the final name is replaced', async t => {
  const dir = t.testdir({ target: { file: 'broken', more: 'x' } })
  const target = join(dir, 'target')
  await settleIn(target, { isGood: holds(target, 'good'), make: folderWith('good') })
  t.same(readdirSync(dir), ['target'])
  t.same(readdirSync(target), ['file'])
})

t.test('of two processes at once the first wins and both find it good', async t => {
  const dir = t.testdir()
  const target = join(dir, 'target')
  let arrived = 0
  let go = () => {}
  const bothAreMaking = new Promise<void>(resolve => (go = resolve))
  const make = async (workshop: string) => {
    const made = await folderWith('good')(workshop)
    if (++arrived === 2) go()
    await bothAreMaking
    return made
  }
  const isGood = holds(target, 'good')
  await Promise.all([
    settleIn(target, { isGood, make }),
    settleIn(target, { isGood, make }),
  ])
  t.ok(await isGood())
  t.same(readdirSync(dir), ['target'])
})

t.test('the workshop of a process that was killed is swept away a day later', async t => {
  const dir = t.testdir({ '.making-old': { half: '' }, '.making-new': { half: '' } })
  const longAgo = Date.now() / 1000 - 25 * 3600
  utimesSync(join(dir, '.making-old'), longAgo, longAgo)
  const target = join(dir, 'target')
  await settleIn(target, { isGood: holds(target, 'good'), make: folderWith('good') })
  t.same(readdirSync(dir).sort(), ['.making-new', 'target'])
})
