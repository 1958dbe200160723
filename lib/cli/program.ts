/**
 * The commands of `ultraif`. Only the one that was asked for is loaded: `ultraif --version` and
 * a filter that calls no model should not wait for an HTTP client.
 */
import { Command, CommanderError } from 'commander'
import { exitCodes } from '../codes.js'
import { Failure } from '../errors.js'
import { linesTold, told } from '../run/told.js'
import type { Page, Surroundings } from './page.js'
import { version } from './version.js'

interface Entry {
  summary: string
  page: () => Promise<Page>
}

const commands: { [name: string]: Entry } = {
  run: {
    summary: 'corpus to training rows: all stages in one process',
    page: async () => (await import('./commands/run.js')).runPage,
  },
  parse: {
    summary: 'corpus (JSONL, chats, text, .gz) to records',
    page: async () => (await import('./commands/parse.js')).parsePage,
  },
  decompose: {
    summary: 'finds the constraints of each prompt and a question for each',
    page: async () => (await import('./commands/decompose.js')).decomposePage,
  },
  compose: {
    summary: 'makes each prompt harder, one constraint a pass',
    page: async () => (await import('./commands/compose.js')).composePage,
  },
  generate: {
    summary: 'samples responses to each prompt',
    page: async () => (await import('./commands/generate.js')).generatePage,
  },
  evaluate: {
    summary: 'has a judge answer the questions about each response',
    page: async () => (await import('./commands/evaluate.js')).evaluatePage,
  },
  filter: {
    summary: 'judged records to training rows',
    page: async () => (await import('./commands/filter.js')).filterPage,
  },
  follow: {
    summary: 'the lines of a growing file, whole, as they come',
    page: async () => (await import('./commands/follow.js')).followPage,
  },
  doctor: {
    summary: 'asks a server what it can do',
    page: async () => (await import('./commands/doctor.js')).doctorPage,
  },
}

/** Runs `ultraif` with these arguments and answers the exit code. Never throws. */
export const program = async (
  args: string[],
  surroundings: Surroundings,
): Promise<number> => {
  const { stdout, stderr } = surroundings.edges
  let exitCode: number = exitCodes.done
  const root = newRoot(surroundings)
  try {
    const name = args.find(argument => Object.hasOwn(commands, argument))
    const named = root.commands.find(command => command.name() === name)
    if (name && named) {
      const [{ furnish }, page] = await Promise.all([
        import('./furnish.js'),
        commands[name]?.page() as Promise<Page>,
      ])
      furnish(named, page, surroundings, code => (exitCode = code))
    }
    if (args.length === 0) stdout.write(root.helpInformation())
    else await root.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    stderr.write(`${told(error)}\n`)
    return error instanceof Failure ? error.exitCode : exitCodes.failed
  }
}

const newRoot = ({ edges: { stdout, stderr } }: Surroundings): Command => {
  const root = new Command('ultraif')
    .description(
      'Turns real prompts into instruction-following training data, as a stream over vLLM servers: parse, decompose, compose, generate, evaluate, filter.',
    )
    .version(version(), '-V, --version', 'tells the version')
    .helpOption('-h, --help', 'tells this, or about a command')
    .helpCommand('help [command]', 'tells about a command')
    .addHelpText('after', examples)
    .configureOutput({
      writeOut: text => stdout.write(text),
      writeErr: text => stderr.write(text),
      // It repeats what was typed, or what a shell made of the names of files.
      outputError: (text, write) =>
        write(linesTold(text.replace(/^error: /, 'ultraif: '))),
    })
    .showHelpAfterError('See ultraif --help.')
    .exitOverride()
  for (const [name, { summary }] of Object.entries(commands))
    root
      .command(name)
      .summary(summary)
      .copyInheritedSettings(root)
      .helpOption('-h, --help', 'tells this')
      .showHelpAfterError(`See ultraif ${name} --help.`)
  return root
}

const examples = `
Examples:
  # all six stages on a server of yours
  ultraif run --base-url http://127.0.0.1:8000 prompts.jsonl > sft.jsonl

  # the same as six filters
  export ULTRAIF_BASE_URL=http://127.0.0.1:8000
  cat prompts.jsonl | ultraif parse | ultraif decompose | ultraif compose |
    ultraif generate | ultraif evaluate | ultraif filter > sft.jsonl
`
