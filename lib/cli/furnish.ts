/**
 * Puts a page on a commander command: arguments, options with their help, and an action that
 * settles what was given and does the work.
 */
import { Option, type Command } from 'commander'
import { environmentLayer } from './environment.js'
import type { Page, Surroundings } from './page.js'
import { choicesOf, defaultOf, flagsOf, type Flag } from './sections.js'
import { settle, type Layer, type Sections } from './settle.js'

export const furnish = <S extends Sections>(
  command: Command,
  page: Page<S>,
  surroundings: Surroundings,
  finish: (exitCode: number) => void,
): void => {
  const { description, examples, sections, takesFiles, showsRare } = page
  const flags = Object.values(sections).flatMap(flagsOf)
  command.description(description.replace(/(?<!\n)\n(?!\n)/g, ' '))
  if (takesFiles) command.argument(...(page.argument ?? someFiles))
  for (const flag of flags) command.addOption(optionOf(flag, flag.rare && !showsRare))
  command.addHelpText('after', afterText(examples, flags, showsRare))

  command.action(async () => {
    const given = Object.fromEntries(
      Object.entries(command.opts()).filter(
        ([key]) => command.getOptionValueSource(key) === 'cli',
      ),
    )
    const layers: Layer[] = [
      { values: given, name: flag => `--${flag.name}` },
      environmentLayer(surroundings.env),
    ]
    const config: unknown = given['config']
    if (typeof config === 'string') {
      const { readConfig } = await import('./config-file.js')
      layers.push(await readConfig(config))
    }
    finish(
      await page.work({
        ...surroundings,
        files: takesFiles ? command.args : [],
        settings: settle(sections, layers),
        // Only recipes have defaults, and only what reads those needs every command's flags.
        withDefaults: async named => {
          const { defaultsLayer } = await import('./config-file.js')
          return settle(sections, [...layers, ...named.map(defaultsLayer)])
        },
      }),
    )
  })
}

const someFiles: NonNullable<Page['argument']> = [
  '[files...]',
  'files to read, also .gz; "-" or none for stdin',
]

const optionOf = (flag: Flag, hidden: boolean): Option => {
  const value = flag.kind === 'switch' ? '' : ` <${flag.value}>`
  const option = new Option(`--${flag.name}${value}`, describe(flag))
  if (flag.kind === 'list')
    option.argParser((text: string, before: string[] | undefined) => [
      ...(before ?? []),
      text,
    ])
  return option.helpGroup(flag.title).hideHelp(hidden)
}

const describe = (flag: Flag): string => {
  const choices = choicesOf(flag.schema)
  const given = defaultOf(flag)
  const facts = [
    ...(choices.length > 0 && !flag.value.includes('|') ? [choices.join(', ')] : []),
    ...(given === undefined || /\(default: /.test(flag.description)
      ? []
      : [`default: ${given}`]),
  ]
  return facts.length === 0
    ? flag.description
    : `${flag.description} (${facts.join('; ')})`
}

const afterText = (
  examples: [string, string][],
  flags: Flag[],
  showsRare: boolean,
): string => {
  const shown = examples.map(([line, meaning]) => `  # ${meaning}\n  ${line}`)
  const rare = flags.filter(flag => flag.rare && !showsRare)
  const more =
    rare.length === 0
      ? ''
      : `\nRarer options, told by the help of their stage and of no use to most:\n${wrap(rare.map(flag => `--${flag.name}`))}\n`
  return `${more}\n${examples.length > 1 ? 'Examples:' : 'Example:'}\n${shown.join('\n\n')}\n`
}

const wrap = (words: string[], width = 78): string => {
  const lines = ['']
  for (const word of words) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 3 > width) lines.push(`  ${word}`)
    else lines[lines.length - 1] = line === '' ? `  ${word}` : `${line} ${word}`
  }
  return lines.join('\n')
}
