import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Failure } from '../../../lib/errors.js'
import { startChild } from '../../../lib/embedded/server/start-child.js'

const options = { module: 'm', gguf: 'g', modelName: 'n', threads: 1 }

const programOf = (t: { testdir(): string }, source: string) => {
  const program = join(t.testdir(), 'child.mjs')
  writeFileSync(program, source)
  return program
}

// The process does not keep its parent alive, and a test that waits for it does nothing else.
const alive = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(alive))

const ready = `process.send({ url: 'http://127.0.0.1:1', contextLength: 5 })`

t.test('it waits until the process is ready, and gives it its options', async t => {
  const program = programOf(
    t,
    `const { gguf } = JSON.parse(process.argv[2]); process.send({ url: gguf, contextLength: 5 })
     process.on('disconnect', () => {})`,
  )
  const child = await startChild(options, { log: () => {}, program })
  t.match(child, { url: 'g', contextLength: 5 })
  await child.close()
})

t.test('what the process prints goes to the log, not to stdout', async t => {
  const lines: string[] = []
  const program = programOf(
    t,
    `console.log('loud library'); console.error('a warning')
     process.on('disconnect', () => process.exit()); setTimeout(() => {}, 1e9); ${ready}`,
  )
  const child = await startChild(options, { log: line => lines.push(line), program })
  await child.close()
  t.same(lines.sort(), ['a warning', 'loud library'])
})

t.test('a process that cannot load the model says why', async t => {
  const program = programOf(t, `process.send({ failed: 'no such model' })`)
  await t.rejects(startChild(options, { log: () => {}, program }), {
    code: 'embedded_unavailable',
    message: 'no such model',
  })
})

t.test('a process that dies before it is ready is quoted', async t => {
  const program = programOf(t, `console.error('illegal instruction'); process.exit(4)`)
  await t.rejects(startChild(options, { log: () => {}, program }), {
    code: 'embedded_unavailable',
    message: /ended with code 4 before it was ready\.\nillegal instruction/,
  })
})

t.test('a process that dies later is told, once', async t => {
  let told = (_failure: Failure) => {}
  const said = new Promise<Failure>(resolve => (told = resolve))
  const program = programOf(
    t,
    `${ready}; setTimeout(() => process.kill(process.pid, 'SIGKILL'))`,
  )
  const child = await startChild(options, {
    log: () => {},
    onDeath: failure => told(failure),
    program,
  })
  t.match(await said, {
    code: 'embedded_unavailable',
    message: /ended by itself, with SIGKILL/,
  })
  await child.close()
})

t.test('a process that does not listen is killed in the end', async t => {
  const program = programOf(
    t,
    `process.on('disconnect', () => {}); setInterval(() => {}, 1e6); ${ready}`,
  )
  const child = await startChild(options, { log: () => {}, program })
  await child.close()
  t.pass('close came back')
})

t.test('an abort while it loads ends the process', async t => {
  const aborting = new AbortController()
  const program = programOf(
    t,
    `process.on('disconnect', () => { fs.writeFileSync(process.argv[1] + '.ended', ''); process.exit() })
      import fs from 'node:fs'
      console.log('loading'); setInterval(() => {}, 1e6)`,
  )
  const starting = startChild(options, {
    log: () => aborting.abort(new Error('enough')),
    signal: aborting.signal,
    program,
  })
  await t.rejects(starting, { message: 'enough' })
  t.ok(existsSync(`${program}.ended`))
})
