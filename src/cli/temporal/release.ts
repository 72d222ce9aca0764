/**
 * The release of the Temporal CLI that is downloaded, with the checksums of its archives: what arrives
 * and is anything else is not run. From checksums.txt of the release
 * (https://github.com/temporalio/cli/releases/tag/v1.8.2), as public repositories pin it.
 */
export interface Release {
  readonly version: string;
  /** Where its archives lie. */
  readonly from: string;
  /** SHA-256 in hex of each archive, by platform and processor as Node names them. */
  readonly sha256: Readonly<Record<string, string>>;
}

export const release: Release = {
  version: 'v1.8.2',
  from: 'https://github.com/temporalio/cli/releases/download/v1.8.2',
  sha256: {
    'darwin-arm64': 'dacdc3587682c04cf27e67c8878ca2d755230b6ad63c0c6ebddd7348ae90ed94',
    'darwin-x64': '489d7f5420cae02b559774ac23df035141954c33a51dba96f5759a0ddccdf1b6',
    'linux-arm64': '83600a8fac6e3da54093e5da6918d399f501532b9f1172235603f9606f4ac6e4',
    'linux-x64': 'd8421bda989e6514b4bdb4d63a9012a8a05a806892e881a5aad8510496349a94',
    'win32-arm64': 'da78339510b1f91a8212ff247940d3b1dd3022ccfa00add400359311f941697e',
    'win32-x64': 'c845948aa4ab3b1a3643f9fea6d1cd691188bc31513de5f2dc5f7eceea25f22a',
  },
};

/** The last version that `go install` can build. */
export const buildableVersion = 'v1.5.1';

/** `temporal_cli_1.8.2_linux_amd64.tar.gz`; undefined where no checksum is known. */
export function archiveFor(
  { version, sha256 }: Release,
  platform: string,
): { readonly name: string; readonly sha256: string } | undefined {
  const known = sha256[platform];
  if (known === undefined) return undefined;
  const [system = '', processor = ''] = platform.split('-');
  const os = system === 'win32' ? 'windows' : system;
  const arch = processor === 'x64' ? 'amd64' : processor;
  return { name: `temporal_cli_${version.slice(1)}_${os}_${arch}.tar.gz`, sha256: known };
}
