/**
 * The one binary package this machine needs, out of the engine's fourteen: GPU builds for every
 * platform would be 725 MB, and npm's own choice by `optionalDependencies` takes several.
 */

/** node-llama-cpp's own names, less its scope; the Apple Silicon build has Metal and no other. */
const packages: { [machine: string]: string } = {
  'linux x64': 'linux-x64',
  'linux arm64': 'linux-arm64',
  'linux arm': 'linux-armv7l',
  'linux riscv64': 'linux-riscv64',
  'darwin arm64': 'mac-arm64-metal',
  'darwin x64': 'mac-x64',
  'win32 x64': 'win-x64',
  'win32 arm64': 'win-arm64',
}

/** `@node-llama-cpp/linux-x64`; undefined where the engine has no build for the machine. */
export const enginePackage = (
  platform: string = process.platform,
  arch: string = process.arch,
): string | undefined => {
  const name = packages[`${platform} ${arch}`]
  return name && `@node-llama-cpp/${name}`
}
