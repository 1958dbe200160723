import t from 'tap'
import { LoadTrial, type Verdict } from '../../lib/model/load-trial.js'

const plenty = { tooMuch: true, tolerated: 0.05 }

/** So many met for each hundred answers, until that tells something. */
const meet = (
  trial: LoadTrial,
  limit: number,
  each: number,
  most = 2000,
): Verdict | undefined => {
  let due = 0
  for (let i = 0; i < most; i++) {
    trial.answered(0.05)
    for (due += each / 100; due >= 1; due--) {
      const verdict = trial.met(limit, 64, plenty)
      if (verdict) return verdict
    }
  }
  return undefined
}

t.test('what is as frequent at twice the limit is not the load', async t => {
  const trial = new LoadTrial()
  trial.moved(32, 64)
  t.same(meet(trial, 32, 20), { next: 'more' })
  t.ok(trial.isOn)
  const verdict = meet(trial, 64, 25)
  t.match(verdict, { next: 'free' })
  t.ok(verdict?.next === 'free' && Math.abs(verdict.perAnswer - 0.22) < 0.02)
  t.notOk(trial.isOn)
})

t.test('what is more frequent is, and the next trial is later', async t => {
  const trial = new LoadTrial()
  trial.moved(32, 64)
  t.same(meet(trial, 32, 20), { next: 'more' })
  t.same(meet(trial, 64, 45), { next: 'less', limit: 32 })
  t.equal(meet(trial, 32, 20, 200), undefined, '40 of them')
  t.same(meet(trial, 32, 20, 200), { next: 'more' })
})

t.test('nothing is tried above half of the limit, nor where most is refused', async t => {
  const trial = new LoadTrial()
  trial.moved(33, 64)
  t.equal(meet(trial, 33, 20), undefined)
  trial.moved(20, 64)
  t.equal(meet(trial, 20, 110), undefined)
  t.equal(new LoadTrial().met(10, 64, plenty), undefined)
})

t.test('what ends by itself ends the trial', async t => {
  const trial = new LoadTrial()
  trial.moved(32, 64)
  meet(trial, 32, 20)
  t.equal(meet(trial, 64, 1, 400), undefined)
  t.notOk(trial.isOn)
})

t.test('what is refused when a bound is tried again is the load', async t => {
  const trial = new LoadTrial()
  trial.moved(32, 64)
  t.equal(meet(trial, 32, 6), undefined)
})

t.test('long ago, or a flood, does not count', async t => {
  const trial = new LoadTrial()
  trial.moved(32, 64)
  for (let i = 0; i < 20; i++) trial.met(32, 64, plenty)
  for (let i = 0; i < 1000; i++) trial.answered(0.05)
  t.equal(meet(trial, 32, 20, 60), undefined, 'twelve more')
  t.same(meet(trial, 32, 20, 100), { next: 'more' })
  trial.moved(64, 64)
  trial.moved(32, 64)
  for (let i = 0; i < 20; i++) trial.met(32, 64, plenty)
  trial.restart()
  t.equal(meet(trial, 32, 20, 100), undefined, 'twenty more')
})
