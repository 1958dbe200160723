import t from 'tap'
import { connected } from '../../fixtures/connected.js'
import { windowFor } from '../../lib/stages/window.js'

t.test(
  'a stage holds more records than the server takes sequences, so that some always wait, and never few',
  async t => {
    const { model } = await connected(t, { concurrency: 40 })
    t.equal(windowFor(model, undefined)(), 50)
    t.equal(windowFor(model, undefined, 4)(), 160)
    const { model: narrow } = await connected(t, { concurrency: 2 })
    t.equal(windowFor(narrow, undefined)(), 16)
    t.equal(windowFor(narrow, 3)(), 3, 'what the user says holds')
  },
)

t.test('a limit that is raised while a run goes on widens the window', async t => {
  const { model } = await connected(t, { concurrency: 20 })
  const stats = model.stats()
  const steered = { ...model, stats: () => stats } as typeof model
  const window = windowFor(steered, undefined)
  t.equal(window(), 25)
  stats.limit = 200
  t.equal(window(), 250)
})
