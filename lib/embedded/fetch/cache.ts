/**
 * Where downloads live: outside the project, shared by every clone and run. What has its final
 * name there is whole and checked, because it got that name by a rename after the check.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = { [name: string]: string | undefined }

/** `$ULTRAIF_CACHE`, else the platform's place for caches. */
export const cacheFolder = (
  env: Environment = process.env,
  platform: string = process.platform,
  home: string = homedir(),
): string => {
  if (env['ULTRAIF_CACHE']) return env['ULTRAIF_CACHE']
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'ultraif')
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'ultraif', 'cache')
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'ultraif')
  return join(home, '.cache', 'ultraif')
}
