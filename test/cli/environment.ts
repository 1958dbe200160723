import t from 'tap'
import { environmentLayer, keysFor } from '../../lib/cli/environment.js'
import { everyFlag } from '../../lib/cli/every-flag.js'

const baseUrl = everyFlag().find(({ name }) => name === 'base-url')!

t.test('our own variable comes before the one of OpenAI', async t => {
  const layer = environmentLayer({
    ULTRAIF_BASE_URL: 'http://a, http://b',
    OPENAI_BASE_URL: 'http://c',
  })
  t.same(layer.values['baseUrl'], ['http://a', 'http://b'])
  t.equal(layer.name(baseUrl), 'ULTRAIF_BASE_URL')
})

t.test('without ours, the one of OpenAI is taken; empty ones do not count', async t => {
  const layer = environmentLayer({ ULTRAIF_BASE_URL: ' ', OPENAI_BASE_URL: 'http://c' })
  t.same(layer.values['baseUrl'], ['http://c'])
  t.equal(layer.name(baseUrl), 'OPENAI_BASE_URL')
  t.equal(environmentLayer({}).values['baseUrl'], undefined)
})

t.test(
  'the key of OpenAI goes to the URL that stands beside it and to no other',
  async t => {
    const env = { OPENAI_BASE_URL: 'http://c', OPENAI_API_KEY: 'sk-c' }
    t.same(keysFor(env, ['http://c']), { all: 'sk-c', roles: {} })
    t.same(keysFor(env, ['http://a']), { roles: {} })
    t.same(keysFor({ OPENAI_API_KEY: 'sk-c' }, []), { roles: {} })
  },
)

t.test('our own key goes before it, and roles have their own', async t => {
  const env = {
    OPENAI_BASE_URL: 'http://c',
    OPENAI_API_KEY: 'sk-c',
    ULTRAIF_API_KEY: 'own',
    ULTRAIF_JUDGE_API_KEY: 'judge',
    ULTRAIF_GENERATE_API_KEY: '',
  }
  t.same(keysFor(env, ['http://c']), { all: 'own', roles: { judge: 'judge' } })
})
