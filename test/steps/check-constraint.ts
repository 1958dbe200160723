import t from 'tap'
import { constraintFlaw } from '../../lib/steps/check-constraint.js'

const query = 'Give me five names for a small bakery near the harbour. Avoid puns.'
const good = {
  kind: 'stylistic' as const,
  text: 'no puns',
  without: 'Give me five names for a small bakery near the harbour.',
}

t.test('a constraint whose removal leaves the rest is taken', async t => {
  t.equal(constraintFlaw(query, good, []), undefined)
})

t.test(
  'a constraint that is still there is refused, white space or not (defect E8)',
  async t => {
    t.equal(constraintFlaw(query, { ...good, without: query }, []), 'not_removed')
    t.equal(
      constraintFlaw(query, { ...good, without: query.replaceAll(' ', '  ') }, []),
      'not_removed',
    )
  },
)

t.test('a rest that is about something else is refused', async t => {
  t.equal(
    constraintFlaw(query, { ...good, without: 'Explain quantum computing simply.' }, []),
    'task_lost',
  )
})

t.test('a rest that is a mere word of the prompt asks for nothing', async t => {
  t.equal(constraintFlaw(query, { ...good, without: 'five names' }, []), 'task_lost')
})

t.test('a rest that is longer than the prompt is refused', async t => {
  t.equal(
    constraintFlaw(query, { ...good, without: `${query} ${query}` }, []),
    'task_lost',
  )
  t.equal(
    constraintFlaw(query, { ...good, without: `${query} Please do it for me now` }, []),
    'grown',
  )
})

t.test('the same constraint twice counts once', async t => {
  t.equal(constraintFlaw(query, good, [{ ...good, text: 'No puns!' }]), 'duplicate')
})

t.test('two constraints that leave the same rest are one', async t => {
  t.equal(constraintFlaw(query, { ...good, text: 'avoid wordplay' }, [good]), 'duplicate')
})

t.test('a rest from which most of the prompt is gone is refused', async t => {
  t.equal(constraintFlaw(query, { ...good, without: 'Avoid all puns.' }, []), 'task_lost')
})

t.test('an empty constraint or an empty rest is refused', async t => {
  t.equal(constraintFlaw(query, { ...good, text: '' }, []), 'empty')
  t.equal(constraintFlaw(query, { ...good, without: '' }, []), 'empty')
})
