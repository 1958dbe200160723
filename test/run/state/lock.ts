import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs/promises'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { takeLock } from '../../../lib/run/state/lock.js'

const folder = (t: Test) => {
  const dir = t.testdir()
  const path = join(dir, 'lock')
  return { dir, path, take: () => takeLock(path, dir) }
}

const owner = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

/** Number of a process that has ended. */
const gone = spawnSync(process.execPath, ['-e', '']).pid

const since = '2026-01-02T03:04:05.678Z'
const stale = `${JSON.stringify({ pid: gone, host: hostname(), since })}\n`

t.test('a lock names its process, and is gone when it is given back', async t => {
  const { dir, path, take } = folder(t)
  const giveBack = await take()
  t.match(owner(path), { pid: process.pid, host: hostname(), since: /^2/ })
  t.same(readdirSync(dir), ['lock'])
  await giveBack()
  t.same(readdirSync(dir), [])
  await (
    await take()
  )()
})

t.test('what is locked is refused, with whose it is', async t => {
  const { take } = folder(t)
  const giveBack = await take()
  await t.rejects(take(), {
    code: 'state_locked',
    message: new RegExp(`process ${process.pid} on ${hostname()} works with it since 2`),
  })
  await giveBack()
})

t.test('the lock of a process that is gone is taken over', async t => {
  const { dir, path, take } = folder(t)
  writeFileSync(path, stale)
  const giveBack = await take()
  t.equal(owner(path).pid, process.pid)
  t.same(readdirSync(dir), ['lock'])
  await giveBack()
})

t.test(
  'so is that of a process whose number was given to another one',
  { skip: !existsSync('/proc/self/stat') && 'needs /proc' },
  async t => {
    const { path, take } = folder(t)
    const giveBack = await take()
    const own = owner(path)
    await giveBack()
    const [boot, started] = own.born.split(' ')
    for (const born of [`${boot} ${Number(started) - 1}`, `other ${started}`]) {
      writeFileSync(path, JSON.stringify({ ...own, born }))
      await (
        await take()
      )()
    }
    writeFileSync(path, JSON.stringify(own))
    await t.rejects(take(), { code: 'state_locked' })
  },
)

t.test('a process of which only the number is known counts as the same', async t => {
  const { path, take } = folder(t)
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), since }))
  await t.rejects(take(), {
    code: 'state_locked',
    message: /or remove .*lock if that process is another program/,
  })
})

t.test('a process on another machine cannot be seen, and counts as alive', async t => {
  const { path, take } = folder(t)
  const text = JSON.stringify({ pid: gone, host: 'else\u001b[2Jwhere', since })
  writeFileSync(path, text)
  await t.rejects(take(), {
    code: 'state_locked',
    message: /on else[^\u001b]*where works.*or remove .*lock if that machine is gone/,
  })
  t.equal(readFileSync(path, 'utf8'), text)
})

t.test('a lock that a power cut left empty is nobody’s', async t => {
  const { path, take } = folder(t)
  for (const text of ['', '\0\0\0\0', '\n']) {
    writeFileSync(path, text)
    await (
      await take()
    )()
  }
})

t.test('a file of another program is left alone', async t => {
  const { path, take } = folder(t)
  for (const text of ['yarn', '{"pid":1}', '{"pid":-1,"host":"a","since":""}', 'null']) {
    writeFileSync(path, text)
    await t.rejects(take(), {
      code: 'state_damaged',
      message: /to be the lock of a run, but it is something else/,
    })
    t.equal(readFileSync(path, 'utf8'), text)
  }
})

/** How many of those that try at once get it. */
const winners = async (take: () => Promise<() => Promise<void>>): Promise<number> => {
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => take()))
  const won = all.filter(one => one.status === 'fulfilled')
  for (const lost of all)
    if (lost.status === 'rejected' && lost.reason.code !== 'state_locked')
      throw lost.reason
  for (const { value: giveBack } of won) await giveBack()
  return won.length
}

t.test('of several at once one gets it', async t => {
  const { dir, path, take } = folder(t)
  for (let round = 0; round < 4; round++) {
    t.equal(await winners(take), 1)
    t.same(readdirSync(dir), [])
  }
  for (let round = 0; round < 4; round++) {
    writeFileSync(path, stale)
    t.equal(await winners(take), 1, 'and of several that find a stale one')
    t.same(readdirSync(dir), [])
  }
})

t.test('a lock is never there and still empty', async t => {
  const { dir, path } = folder(t)
  const written: string[] = []
  const open = (name: string, flags: string) => {
    written.push(name)
    return fs.open(name, flags)
  }
  const { takeLock } = (await t.mockImport('../../../lib/run/state/lock.js', {
    'node:fs/promises': t.createMock(fs, { open }),
  })) as typeof import('../../../lib/run/state/lock.js')
  for (const leftover of [undefined, stale]) {
    if (leftover) writeFileSync(path, leftover)
    await (
      await takeLock(path, dir)
    )()
  }
  t.ok(written.length > 0)
  t.notOk(written.includes(path))
})

t.test('one that was stale a moment ago is not taken from its new owner', async t => {
  const { path, take } = folder(t)
  writeFileSync(path, stale)
  /** Reads a stale lock, and the other one is quicker. */
  let slow = true
  const readFile = async (name: string, encoding: 'utf8') => {
    const read = await fs.readFile(name, encoding)
    if (slow && name === path) {
      slow = false
      await take()
    }
    return read
  }
  const slower = (await t.mockImport('../../../lib/run/state/lock.js', {
    'node:fs/promises': t.createMock(fs, { readFile }),
  })) as typeof import('../../../lib/run/state/lock.js')
  await t.rejects(slower.takeLock(path, 'dir'), { code: 'state_locked' })
  t.equal(owner(path).pid, process.pid)
})

t.test('the claim of a process that died over it holds nobody up', async t => {
  const { dir, path, take } = folder(t)
  writeFileSync(path, stale)
  writeFileSync(`${path}.claim`, stale)
  await (
    await take()
  )()
  t.same(readdirSync(dir), [])
  writeFileSync(path, stale)
  const alive = { pid: process.pid, host: hostname(), since }
  writeFileSync(`${path}.claim`, JSON.stringify(alive))
  await t.rejects(take(), { code: 'state_locked' })
})

t.test('a lock that is another’s by now is not given back', async t => {
  const { path, take } = folder(t)
  const giveBack = await take()
  writeFileSync(path, 'another')
  await giveBack()
  t.equal(readFileSync(path, 'utf8'), 'another')
})

t.test('a file system without second names will do', async t => {
  const { dir, path } = folder(t)
  const link = () => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' }))
  const { takeLock } = (await t.mockImport('../../../lib/run/state/lock.js', {
    'node:fs/promises': t.createMock(fs, { link }),
  })) as typeof import('../../../lib/run/state/lock.js')
  const giveBack = await takeLock(path, dir)
  await t.rejects(takeLock(path, dir), { code: 'state_locked' })
  await giveBack()
  writeFileSync(path, stale)
  await (
    await takeLock(path, dir)
  )()
  t.same(readdirSync(dir), [])
})

t.test('a folder that cannot be written to is told', async t => {
  const dir = join(t.testdir(), 'none')
  await t.rejects(takeLock(join(dir, 'lock'), dir), {
    code: 'write_failed',
    message: /no such file or directory \(ENOENT\)/,
  })
})

t.test(
  'a process that was killed and not yet reaped holds no lock',
  { skip: !existsSync('/proc/self/stat') && 'no /proc here' },
  async t => {
    const { path, take } = folder(t)
    // The second `sleep` takes the shell's place and asks after no child.
    const parent = spawn('bash', ['-c', 'sleep 300 & echo $!; exec sleep 300'])
    t.teardown(() => parent.kill('SIGKILL'))
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    const facts = () => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    }
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const born = `${boot} ${facts()[19]}`
    writeFileSync(path, `${JSON.stringify({ pid, host: hostname(), since, born })}\n`)
    await t.rejects(take(), { code: 'state_locked' })
    process.kill(pid, 'SIGKILL')
    while (facts()[0] !== 'Z') await new Promise(setImmediate)
    await (
      await take()
    )()
    t.notOk(existsSync(path))
  },
)
