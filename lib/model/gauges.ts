/**
 * What a vLLM server says of its own load, out of the text of `/metrics`. That text may be some
 * 100 kB of histograms and is read once a second: one pass, over the few lines that count.
 */
export interface Gauges {
  /** Sequences in the running batch, and sequences that wait for a place in it. */
  running: number
  waiting: number
  /** Share of the KV cache in use, 0 to 1; absent where the server has no such gauge. */
  kvUsage?: number
  /** Sequences thrown out of a full cache since the server started. vLLM counts each only as it comes back. */
  preemptions: number
  /** Tokens that the KV cache holds; absent where the server does not say. */
  kvTokens?: number
  /** Data-parallel engines behind this one address, 1 as a rule. */
  engines: number
}

/**
 * Sums over the engines. Where the text lists several models (a router's does) and `model` is one
 * of them, the others are left out. Undefined when this is no vLLM: nothing is said of what runs.
 */
export const gaugesIn = (text: string, model?: string): Gauges | undefined => {
  const samples = samplesIn(text)
  const of = (...names: string[]): Sample[] =>
    onlyOf(
      model,
      samples.filter(({ name }) => names.includes(name)),
    )
  const running = of('num_requests_running')
  const waiting = of('num_requests_waiting')
  if (running.length === 0 || waiting.length === 0) return undefined

  const usage = of('kv_cache_usage_perc', 'gpu_cache_usage_perc')
  const caches = of('cache_config_info').map(tokensOf)
  const kvTokens = sum(caches)
  return {
    running: sum(running.map(valueOf)),
    waiting: sum(waiting.map(valueOf)),
    // Engines of one server have caches of one size: the mean is the whole cache's use.
    ...(usage.length > 0 && { kvUsage: sum(usage.map(valueOf)) / usage.length }),
    preemptions: sum(of('num_preemptions_total', 'num_preemptions').map(valueOf)),
    ...(kvTokens > 0 && { kvTokens }),
    engines: running.length,
  }
}

interface Sample {
  name: string
  labels: string
  value: number
}

/** Old names too: the cache's use until vLLM 0.11, and counters as exposed without `_total`. */
const line =
  /^vllm:(num_requests_running|num_requests_waiting|(?:kv|gpu)_cache_usage_perc|num_preemptions(?:_total)?|cache_config_info)(?:\{(.*)\})? (\S+)/gm

const samplesIn = (text: string): Sample[] =>
  Array.from(text.matchAll(line), ([, name = '', labels = '', value]) => ({
    name,
    labels,
    value: Number(value),
  })).filter(({ value }) => Number.isFinite(value))

const onlyOf = (model: string | undefined, samples: Sample[]): Sample[] => {
  const ours = samples.filter(({ labels }) => label(labels, 'model_name') === model)
  return model !== undefined && ours.length > 0 ? ours : samples
}

/** Recent releases say the size in tokens. In blocks alone, a hybrid model's comes out too large. */
const tokensOf = ({ labels }: Sample): number => {
  const said = Number(label(labels, 'kv_cache_size_tokens'))
  const inBlocks =
    Number(label(labels, 'block_size')) * Number(label(labels, 'num_gpu_blocks'))
  return said > 0 ? said : inBlocks > 0 ? inBlocks : 0
}

const label = (labels: string, name: string): string | undefined =>
  new RegExp(`(?:^|,)${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(labels)?.[1]

const valueOf = ({ value }: Sample): number => value

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
