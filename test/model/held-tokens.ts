import t from 'tap'
import { HeldTokens } from '../../lib/model/held-tokens.js'

t.test('an answer holds its prompt and, in the mean, half of itself', async t => {
  const held = new HeldTokens()
  t.equal(held.mean, undefined)
  held.answered({ prompt: 500, completion: 200 }, 1)
  t.equal(held.mean, 600)
})

t.test('long answers are in flight longer and count as much more', async t => {
  const held = new HeldTokens()
  held.answered({ prompt: 100, completion: 100 }, 1)
  held.answered({ prompt: 100, completion: 900 }, 1)
  t.ok(Math.abs((held.mean ?? 0) - 510) < 1, 'a tenth of 150 and nine tenths of 550')
})

t.test('samples of one prompt share it, as they do in the cache', async t => {
  const held = new HeldTokens()
  held.answered({ prompt: 500, completion: 1000 }, 5)
  t.equal(held.mean, 200)
})

t.test('what a stage before this one did is forgotten', async t => {
  const held = new HeldTokens()
  const stage = (prompt: number): void => {
    for (let i = 0; i < 3000; i++) held.answered({ prompt, completion: 100 }, 1)
  }
  stage(5000)
  stage(500)
  t.ok((held.mean ?? 0) < 600)
})

t.test('answers without a token do not divide by zero', async t => {
  const held = new HeldTokens()
  held.answered({ prompt: 10, completion: 0 }, 1)
  t.equal(held.mean, 10.5)
})
