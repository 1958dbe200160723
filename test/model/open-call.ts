import t from 'tap'
import { chatCall } from '../../fixtures/waiting-calls.js'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'
import { Flight } from '../../lib/model/flight.js'
import { type CallOwner, OpenCall } from '../../lib/model/open-call.js'

t.test('where a connection broke counts until the call is sent elsewhere', async t => {
  const [here, there] = [1, 2].map(
    port => new Endpoint(parseAddress(`http://127.0.0.1:${port}`), { concurrency: 8 }),
  ) as [Endpoint, Endpoint]
  const call = new OpenCall({} as CallOwner, chatCall('Hi'), 0, () => {})
  call.brokenAt = here
  new Flight(here, [call]).leave(call)
  t.equal(call.brokenAt, here)
  new Flight(there, [call])
  t.equal(call.brokenAt, undefined)
})
