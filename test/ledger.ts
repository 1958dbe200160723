import t from 'tap'
import { accountedIn, currentLedger, Ledger, sum } from '../lib/ledger.js'
import { recordSchema } from '../lib/record.js'

t.test('what is neither kept, filtered nor rejected is open', async t => {
  const ledger = new Ledger()
  for (let i = 0; i < 5; i++) ledger.entered()
  ledger.split += 1
  ledger.keep({ sft: 1 })
  ledger.filter('no_pass')
  ledger.reject({
    id: 'a',
    query: '',
    seed: { query: '' },
    reject: { stage: 's', code: 'c', message: 'm' },
  })
  t.equal(ledger.open, 3)
})

t.test('a stage finds the books of the run it is built in, and of no other', async t => {
  const ledger = new Ledger()
  t.equal(accountedIn(ledger, currentLedger), ledger)
  t.not(currentLedger(), ledger)
})

t.test('a stage that is built late finds the books, whatever else was built', async t => {
  const [slow, quick] = [new Ledger(), new Ledger()]
  let go = () => {}
  const gate = new Promise<void>(resolve => (go = resolve))
  const late = accountedIn(slow, async () => {
    await gate
    return currentLedger()
  })
  t.equal(await accountedIn(quick, async () => currentLedger()), quick)
  go()
  t.equal(await late, slow)
})

t.test('a build that fails leaves the next one its books', async t => {
  t.throws(() =>
    accountedIn(new Ledger(), () => {
      throw new Error('a recipe that is wrong')
    }),
  )
  await t.rejects(accountedIn(new Ledger(), async () => Promise.reject(new Error('too'))))
  const ledger = new Ledger()
  t.equal(await accountedIn(ledger, async () => currentLedger()), ledger)
})

/** Whether Node follows promises now: each then carries what it was made in. */
const followed = (): boolean =>
  Object.getOwnPropertySymbols(Promise.resolve()).some(({ description }) =>
    /store/i.test(description ?? ''),
  )

t.test('a process that only runs pays for no books on its promises', async t => {
  await accountedIn(new Ledger(), async () => {})
  if (!accountedIn(new Ledger(), followed)) return t.pass('newer Nodes follow none')
  t.notOk(followed())
})

t.test('the record is published as JSON Schema', async t => {
  t.match(recordSchema(), {
    type: 'object',
    required: ['id', 'query', 'seed'],
    properties: { responses: { type: 'array' }, reject: { type: 'object' } },
  })
})

t.test(
  'codes that input brings along fill neither the memory nor the summary',
  async t => {
    const ledger = new Ledger()
    const reject = (code: string) =>
      ledger.reject({
        id: 'a',
        query: '',
        seed: { query: '' },
        reject: { stage: 's', code, message: 'm' },
      })
    reject('c'.repeat(1e6))
    for (let i = 0; i < 1000; i++) reject(`code ${i}`)
    reject('code 7')
    t.equal(Object.keys(ledger.rejected).length, 201)
    t.ok(Object.keys(ledger.rejected).every(code => code.length <= 100))
    t.equal(ledger.rejected['code 7'], 2)
    t.equal(sum(ledger.rejected), 1002)
  },
)
