import t from 'tap'
import { chatCall } from '../../fixtures/waiting-calls.js'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'
import type { Exchange } from '../../lib/model/exchange.js'
import { Flight } from '../../lib/model/flight.js'
import { type CallOwner, OpenCall } from '../../lib/model/open-call.js'

t.test('a request is cut when the last of its calls has left, not before', async t => {
  const endpoint = new Endpoint(parseAddress('http://127.0.0.1:1'), { concurrency: 8 })
  const [first, second] = [0, 1].map(
    i => new OpenCall({} as CallOwner, chatCall('Hi'), i, () => {}),
  ) as [OpenCall, OpenCall]
  const flight = new Flight(endpoint, [first, second])
  let cut = 0
  flight.carriedBy({ cancel: () => void cut++ } as unknown as Exchange)
  t.equal(endpoint.limit.inFlight, 2)
  flight.leave(first)
  t.same([cut, endpoint.limit.inFlight], [0, 2], 'the server still works on both')
  flight.leave(second)
  t.same([cut, endpoint.limit.inFlight], [1, 0])
  flight.land()
  t.equal(endpoint.limit.inFlight, 0, 'its room is given back once')
})
