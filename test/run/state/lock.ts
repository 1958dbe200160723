import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs/promises'
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { takeLock, type Lock, type LockOptions } from '../../../lib/run/state/lock.js'

const options = (more: Partial<LockOptions> = {}): LockOptions => ({
  dir: 'dir',
  signal: new AbortController().signal,
  log: () => {},
  ...more,
})

const folder = (t: Test) => {
  const dir = t.testdir()
  const path = join(dir, 'lock')
  const take = (more?: Partial<LockOptions>) => takeLock(path, options(more))
  return { dir, path, take, takeAndGiveBack: async () => (await take()).giveBack() }
}

const owner = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

/** Number of a process that has ended. */
const gone = spawnSync(process.execPath, ['-e', '']).pid

const since = '2026-01-02T03:04:05.678Z'
const stale = `${JSON.stringify({ pid: gone, host: hostname(), since })}\n`

t.test('a lock names its process, and is gone when it is given back', async t => {
  const { dir, path, take, takeAndGiveBack } = folder(t)
  const { giveBack } = await take()
  t.match(owner(path), { pid: process.pid, host: hostname(), since: /^2/ })
  t.same(readdirSync(dir), ['lock'])
  await giveBack()
  t.same(readdirSync(dir), [])
  await takeAndGiveBack()
})

t.test('what is locked is refused, with whose it is', async t => {
  const { take } = folder(t)
  const { giveBack } = await take()
  await t.rejects(take(), {
    code: 'state_locked',
    message: new RegExp(`process ${process.pid} on ${hostname()} works with it since 2`),
  })
  await giveBack()
})

t.test('the lock of a process that is gone is taken over', async t => {
  const { dir, path, take } = folder(t)
  writeFileSync(path, stale)
  const { giveBack } = await take()
  t.equal(owner(path).pid, process.pid)
  t.same(readdirSync(dir), ['lock'])
  await giveBack()
})

t.test(
  'so is that of a process whose number was given to another one',
  { skip: !existsSync('/proc/self/stat') && 'needs /proc' },
  async t => {
    const { path, take, takeAndGiveBack } = folder(t)
    const { giveBack } = await take()
    const own = owner(path)
    await giveBack()
    const [boot, started] = own.born.split(' ')
    for (const born of [`${boot} ${Number(started) - 1}`]) {
      writeFileSync(path, JSON.stringify({ ...own, born }))
      await takeAndGiveBack()
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

/** As a process wrote it that cannot be seen from here. */
const elsewhere = [
  ['on another machine', { host: 'else\u001b[2Jwhere' }],
  ['in another container', { host: hostname(), space: 'pid:[1]' }],
  ['of another boot', { host: hostname(), born: 'other 1' }],
] as const

for (const [where, place] of elsewhere) {
  const text = JSON.stringify({ pid: process.pid, since, ...place })

  t.test(`a process ${where} that touches its lock holds it`, async t => {
    const { path, take } = folder(t)
    writeFileSync(path, text)
    const told: string[] = []
    const log = (line: string) => {
      told.push(line)
      writeFileSync(path, text)
    }
    await t.rejects(take({ log }), {
      code: 'state_locked',
      message:
        /Expected dir to be free, but process \d+ on [^\u001b]* works with it since/,
    })
    t.match(told, [/^dir is locked by process .* heard of 0 s ago: waiting 60 s/])
    t.equal(readFileSync(path, 'utf8'), text)
  })

  t.test(`a lock that a process ${where} left is taken over`, async t => {
    const { path, take } = folder(t)
    writeFileSync(path, text)
    const longAgo = Date.now() / 1000 - 61
    utimesSync(path, longAgo, longAgo)
    const { giveBack } = await take({ log: line => t.fail(line) })
    t.match(owner(path), { pid: process.pid, host: hostname() })
    await giveBack()
  })
}

t.test('who waits for a sign of life can be stopped, and leaves nothing', async t => {
  const { dir, path, take } = folder(t)
  writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', since }))
  const stop = new AbortController()
  const log = () => stop.abort(new Error('enough'))
  await t.rejects(take({ log, signal: stop.signal }), { message: 'enough' })
  t.same(readdirSync(dir), ['lock'])
})

t.test('a lock that is given back while it is watched is free', async t => {
  const { path, take } = folder(t)
  writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', since }))
  const { giveBack } = await take({ log: () => rmSync(path) })
  t.equal(owner(path).pid, process.pid)
  await giveBack()
})

t.test('who has lost a lock to another is told, and not before', async t => {
  const { path, take } = folder(t)
  const lock = await take()
  await lock.check()
  rmSync(path)
  await lock.check()
  const other = await take()
  await t.rejects(lock.check(), {
    code: 'write_failed',
    message: /another one has taken it over/,
  })
  await lock.giveBack()
  await other.check()
  await other.giveBack()
})

t.test(
  'what a process left that was killed while it took the lock is removed, once it is old',
  async t => {
    const { dir, take } = folder(t)
    const [old, fresh] = [randomUUID(), randomUUID()].map(id => `lock.${id}`) as [
      string,
      string,
    ]
    for (const name of [old, fresh, 'lock.mine']) writeFileSync(join(dir, name), '')
    for (const name of [old, 'lock.mine']) utimesSync(join(dir, name), 1, 1)
    const { giveBack } = await take()
    t.same(readdirSync(dir).sort(), ['lock', fresh, 'lock.mine'].sort())
    await giveBack()
  },
)

t.test('a lock that a power cut left empty is nobody’s', async t => {
  const { path, takeAndGiveBack } = folder(t)
  for (const text of ['', '\0\0\0\0', '\n']) {
    writeFileSync(path, text)
    await takeAndGiveBack()
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
const winners = async (take: () => Promise<Lock>): Promise<number> => {
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => take()))
  const won = all.filter(one => one.status === 'fulfilled')
  for (const lost of all)
    if (lost.status === 'rejected' && lost.reason.code !== 'state_locked')
      throw lost.reason
  for (const { value: lock } of won) await lock.giveBack()
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
  const { path } = folder(t)
  const written: string[] = []
  const open = (name: string, flags: string) => {
    written.push(name)
    return fs.open(name, flags)
  }
  const mocked = (await t.mockImport('../../../lib/run/state/lock.js', {
    'node:fs/promises': t.createMock(fs, { open }),
  })) as typeof import('../../../lib/run/state/lock.js')
  for (const leftover of [undefined, stale]) {
    if (leftover) writeFileSync(path, leftover)
    await (await mocked.takeLock(path, options())).giveBack()
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
  await t.rejects(slower.takeLock(path, options()), { code: 'state_locked' })
  t.equal(owner(path).pid, process.pid)
})

t.test('the claim of a process that died over it holds nobody up', async t => {
  const { dir, path, take, takeAndGiveBack } = folder(t)
  writeFileSync(path, stale)
  writeFileSync(`${path}.claim`, stale)
  await takeAndGiveBack()
  t.same(readdirSync(dir), [])
  writeFileSync(path, stale)
  const alive = { pid: process.pid, host: hostname(), since }
  writeFileSync(`${path}.claim`, JSON.stringify(alive))
  await t.rejects(take(), { code: 'state_locked' })
})

t.test('a lock that is another’s by now is not given back', async t => {
  const { path, take } = folder(t)
  const { giveBack } = await take()
  writeFileSync(path, 'another')
  await giveBack()
  t.equal(readFileSync(path, 'utf8'), 'another')
})

t.test('a file system without second names will do', async t => {
  const { dir, path } = folder(t)
  const link = () => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' }))
  const mocked = (await t.mockImport('../../../lib/run/state/lock.js', {
    'node:fs/promises': t.createMock(fs, { link }),
  })) as typeof import('../../../lib/run/state/lock.js')
  const { giveBack } = await mocked.takeLock(path, options())
  await t.rejects(mocked.takeLock(path, options()), { code: 'state_locked' })
  await giveBack()
  writeFileSync(path, stale)
  await (await mocked.takeLock(path, options())).giveBack()
  t.same(readdirSync(dir), [])
})

t.test('a folder that cannot be written to is told', async t => {
  const dir = join(t.testdir(), 'none')
  await t.rejects(takeLock(join(dir, 'lock'), options()), {
    code: 'write_failed',
    message: /no such file or directory \(ENOENT\)/,
  })
})

t.test(
  'a process that was killed and not yet reaped holds no lock',
  { skip: !existsSync('/proc/self/stat') && 'no /proc here' },
  async t => {
    const { path, take, takeAndGiveBack } = folder(t)
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
    await takeAndGiveBack()
    t.notOk(existsSync(path))
  },
)
