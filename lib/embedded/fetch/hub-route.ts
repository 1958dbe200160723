/** The weights from a model hub, by repository and commit: for machines that reach one. */
import { join } from 'node:path'
import { rename } from 'node:fs/promises'
import { download } from './download.js'
import { takePartial } from './partial.js'
import type { Route } from './route.js'

/** `HF_ENDPOINT` is what the hub's own client takes for a mirror. */
const hubUrl = (endpoint: string | undefined): string =>
  (endpoint || 'https://huggingface.co').replace(/\/+$/, '')

export const hubRoute: Route = {
  title: ({ hub, file }) => `the model hub, ${hub.repository}/${file}`,

  fetch: async (folder, { weights, env, signal, cache, log }) => {
    const { hub, file, bytes } = weights
    const partial = await takePartial(cache, file)
    let told = 0
    try {
      await download({
        url: `${hubUrl(env['HF_ENDPOINT'])}/${hub.repository}/resolve/${hub.revision}/${file}`,
        partial: partial.path,
        bytes,
        signal,
        onProgress: got => {
          const tenths = Math.floor((10 * got) / bytes)
          if (tenths > told) log(`${file}: ${(told = tenths) * 10} %`)
        },
      })
      const to = join(folder, file)
      await rename(partial.path, to)
      return to
    } catch (error) {
      await partial.release()
      throw error
    }
  },
}
