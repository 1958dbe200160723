/**
 * The flags of all commands together, so that one configuration file can serve six filters.
 */
import * as common from './common-sections.js'
import { flagsOf, type Flag, type Section } from './sections.js'
import { serverSection } from './server-section.js'
import * as stages from './stage-sections.js'

export const everyFlag = (): Flag[] => {
  const sections: Section[] = [
    serverSection(),
    ...Object.values<Section>(stages),
    ...Object.values<Section>(common),
  ]
  return sections.flatMap(flagsOf)
}
