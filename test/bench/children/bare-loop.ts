/**
 * What nobody can do without: read JSONL, ask for each line over undici's pool with 64 calls in
 * flight, write JSONL. No retries, no checks, no seeds, no limits: the price of the work itself.
 * Arguments: URL, calls in flight.
 */
import { createInterface } from 'node:readline'
import { Pool } from 'undici'

const [url = '', inFlight = '64'] = process.argv.slice(2)
const pool = new Pool(url, { connections: Number(inFlight), pipelining: 1 })
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const worker = async (): Promise<void> => {
  for (;;) {
    const { done, value } = await lines.next()
    if (done) return
    const record = JSON.parse(value) as { query: string }
    const { body } = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'fixed',
        messages: [{ role: 'user', content: record.query }],
        temperature: 1,
        top_p: 0.95,
        max_tokens: 2048,
      }),
    })
    const answer = (await body.json()) as {
      choices: { message: { content: string }; finish_reason: string }[]
    }
    const responses = answer.choices.map(({ message, finish_reason: finish }) => ({
      text: message.content,
      finish,
    }))
    const line = `${JSON.stringify({ ...record, responses })}\n`
    if (!process.stdout.write(line))
      await new Promise(drained => process.stdout.once('drain', drained))
  }
}

await Promise.all(Array.from({ length: Number(inFlight) }, worker))
await pool.close()
