/**
 * npm as a script for this Node. A `.cmd` cannot be spawned without a shell on Windows (since
 * CVE-2024-27980), and PATH may hold another Node's npm, so the script itself is looked for.
 */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Environment } from './cache.js'
import type { Command } from './command.js'

/** How to start npm: under npm itself the running one, else the one beside Node, else PATH's. */
export const npmCommand = (
  env: Environment = process.env,
  execPath: string = process.execPath,
): Command => {
  const beside = join('node_modules', 'npm', 'bin', 'npm-cli.js')
  const running = env['npm_execpath']
  const script = [
    // Under yarn or pnpm this names their script.
    ...(running && basename(running) === 'npm-cli.js' ? [running] : []),
    join(dirname(execPath), beside),
    join(dirname(execPath), '..', 'lib', beside),
  ].find(path => existsSync(path))
  return script ? { file: execPath, args: [script] } : { file: 'npm', args: [] }
}
