/**
 * Runs another program for us (npm, pip) and keeps all it says in a log file. stdout is for rows
 * alone, so nothing of it may reach ours; its last lines are for the error message.
 */
import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'

export interface Command {
  file: string
  args: string[]
}

export interface CommandOptions {
  logFile: string
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Kills the program. */
  signal?: AbortSignal | undefined
}

/** Undefined when all went well, else why not, in words; throws only what `signal` throws. */
export const runCommand = async (
  { file, args }: Command,
  { logFile, env = process.env, cwd, signal }: CommandOptions,
): Promise<string | undefined> => {
  signal?.throwIfAborted()
  const log = await open(logFile, 'a')
  try {
    await log.appendFile(`$ ${[file, ...args].join(' ')}\n`)
    const child = spawn(file, args, {
      stdio: ['ignore', log.fd, log.fd],
      env,
      windowsHide: true,
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    })
    const ended = await new Promise<string | undefined>(resolve => {
      child.on('error', error => resolve(`${file} could not be run: ${error.message}`))
      child.on('close', (code, killed) =>
        resolve(
          code === 0 ? undefined : `${file} ended with ${killed ?? `code ${code}`}`,
        ),
      )
    })
    signal?.throwIfAborted()
    return ended && `${ended}${await lastLines(logFile)}`
  } finally {
    await log.close()
  }
}

const shownLines = 6

const lastLines = async (logFile: string): Promise<string> => {
  const lines = (await readFile(logFile, 'utf8'))
    .trimEnd()
    .split('\n')
    .filter(line => !line.startsWith('$ '))
  const shown = lines.slice(-shownLines).map(line => `    ${line.slice(0, 300)}`)
  return shown.length === 0 ? '' : `\n${shown.join('\n')}\n    (all of it: ${logFile})`
}
