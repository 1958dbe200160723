import t from 'tap'
import { accountedIn, currentLedger, Ledger } from '../lib/ledger.js'
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

t.test('the record is published as JSON Schema', async t => {
  t.match(recordSchema(), {
    type: 'object',
    required: ['id', 'query', 'seed'],
    properties: { responses: { type: 'array' }, reject: { type: 'object' } },
  })
})
