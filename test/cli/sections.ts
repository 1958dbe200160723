import t from 'tap'
import { everyFlag } from '../../lib/cli/every-flag.js'
import { defaultOf, expectation, flagsOf, valueOf } from '../../lib/cli/sections.js'
import * as stageSections from '../../lib/cli/stage-sections.js'
import {
  composeOptions,
  decomposeOptions,
  evaluateOptions,
  filterOptions,
  generateOptions,
  parseOptions,
} from '../../lib/stages/options.js'

const flag = (name: string) => {
  const found = everyFlag().find(one => one.name === name)
  if (!found) throw new Error(`no flag ${name}`)
  return found
}

t.test(
  'every option of every stage is a flag, or shared by all stages, or the window',
  async t => {
    const {
      inputSection,
      decomposeSection,
      composeSection,
      generateSection,
      evaluateSection,
      filterSection,
    } = stageSections
    const pairs = [
      [parseOptions, inputSection],
      [decomposeOptions, decomposeSection],
      [composeOptions, composeSection],
      [generateOptions, generateSection],
      [evaluateOptions, evaluateSection],
      [filterOptions, filterSection],
    ] as const
    const shared = ['window', 'order', 'seed', 'prompts']
    for (const [options, section] of pairs)
      t.same(
        Object.keys(options.shape)
          .filter(name => !shared.includes(name))
          .sort(),
        flagsOf(section)
          .map(({ option }) => option)
          .sort(),
        section.title,
      )
  },
)

t.test('no two options of run share a flag', async t => {
  const names = everyFlag()
    .filter(({ name, title }) => !(name === 'max-line' && title === 'Input:'))
    .map(({ name }) => name)
  t.same(names, [...new Set(names)])
})

t.test('every flag has a description', async t => {
  for (const { name, description } of everyFlag()) t.ok(description.length > 10, name)
})

t.test('text becomes the value that it stands for', async t => {
  t.equal(valueOf(flag('samples'), '5'), 5)
  t.equal(valueOf(flag('top-p'), '0.9'), 0.9)
  t.equal(valueOf(flag('max-line'), '1MiB'), 1048576)
  t.equal(valueOf(flag('deadline'), '30s'), 30_000)
  t.equal(valueOf(flag('concurrency'), 'auto'), 'auto')
  t.equal(valueOf(flag('concurrency'), '128'), 128)
  t.equal(valueOf(flag('batch'), '16'), 16)
  t.same(valueOf(flag('judge-extra-body'), '{"a":1}'), { a: 1 })
  t.same(valueOf(flag('base-url'), 'http://x'), ['http://x'])
  t.equal(valueOf(flag('model'), '7'), '7')
})

t.test('text that cannot be read stays text, so that it is refused', async t => {
  for (const [name, text] of [
    ['samples', ''],
    ['samples', 'five'],
    ['samples', '0x10'],
    ['deadline', '30'],
    ['judge-extra-body', '{'],
  ] as const)
    t.equal(valueOf(flag(name), text), text)
})

t.test('expectations are said in words', async t => {
  t.equal(expectation(flag('samples')), 'a whole number of at least 1')
  t.equal(expectation(flag('top-p')), 'a number above 0 and up to 1')
  t.equal(expectation(flag('concurrency')), 'auto or a whole number of at least 1')
  t.equal(expectation(flag('batch')), 'auto or off or a whole number of at least 1')
  t.equal(expectation(flag('judge')), 'one of together, apart')
  t.equal(expectation(flag('strict')), 'true or false')
  t.match(expectation(flag('also')), /SHAPE=FILE/)
})

t.test('defaults are shown as they would be typed', async t => {
  t.equal(defaultOf(flag('max-line')), '4MiB')
  t.equal(defaultOf(flag('deadline')), '10m')
  t.equal(defaultOf(flag('samples')), '5')
  t.equal(defaultOf(flag('seed')), undefined)
  t.equal(defaultOf(flag('strict')), undefined)
})
