/** Address files of Services machines in every form that Replicated's installer has written. */

interface Golden {
  readonly before: string;
  readonly after: string;
  readonly replaced: number;
  readonly carries: { readonly private?: string; readonly public?: string };
}

const token = 'DAEMON_TOKEN=Zk3vQ0sT9bNf5Wm1Xc7Lr2Yd8Ph6Ga4J';
const logs = '--log-opt max-size=50m --log-opt max-file=3';

function lines(...texts: string[]): string {
  return `${texts.join('\n')}\n`;
}

const daemon = (own: string, dashed: string): string =>
  lines(
    'RELEASE_CHANNEL=stable',
    `PRIVATE_ADDRESS=${own}`,
    'SKIP_OPERATOR_INSTALL=0',
    `REPLICATED_OPTS=" -e ${token} -e LOG_LEVEL=info -e NODENAME=${dashed}.ec2.internal ${logs}"`,
    `REPLICATED_UI_OPTS=" ${logs}"`,
  );

const operator = (own: string, outer: string, dashed: string): string =>
  lines(
    'RELEASE_CHANNEL=stable',
    `DAEMON_ENDPOINT=${own}:9879`,
    token,
    `DAEMON_HOST=${own}`,
    `PRIVATE_ADDRESS=${own}`,
    `REPLICATED_OPERATOR_OPTS=" -e PUBLIC_ADDRESS=${outer} -e TAGS=local -e LOG_LEVEL=info ` +
      `-e NODENAME=${dashed}.ec2.internal ${logs}"`,
  );

const behindProxy = (own: string): string =>
  lines(
    'RELEASE_CHANNEL=stable',
    `PRIVATE_ADDRESS=${own}`,
    'SKIP_OPERATOR_INSTALL=0',
    `REPLICATED_OPTS="  -e HTTP_PROXY=http://10.0.1.50:3128 -e NO_PROXY=${own},127.0.0.1,` +
      `172.17.0.1,localhost -e REGISTRY_ADVERTISE_ADDRESS=${own} ` +
      `-e DAEMON_REGISTRY_ENDPOINT=${own}:9874 -e ${token} -e RELEASE_SEQUENCE=2439"`,
  );

const bracketed = (own: string): string =>
  lines(
    `DAEMON_ENDPOINT=[${own}]:9879`,
    token,
    `DAEMON_HOST=[${own}]`,
    `PRIVATE_ADDRESS=${own}`,
    'REPLICATED_OPTS=" -e TAGS=local -e SELINUX_REPLICATED_DOMAIN=spc_t --read-only"',
  );

const commented = (own: string, outer: string): string =>
  `# moved from 10.0.1.50 by ana\r\n${operator(own, outer, 'builder-1').replaceAll('\n', '\r\n')}`;

const [own, outer, dashed] = ['10.0.1.5', '54.210.11.12', 'ip-10-0-1-5'] as const;
const [ownNow, outerNow, dashedNow] = ['10.0.9.77', '3.80.7.8', 'ip-10-0-9-77'] as const;
const unfinished = (text: string): string => text.trimEnd();

/** Files of 10.0.1.5 / 54.210.11.12, and what they must be on 10.0.9.77 / 3.80.7.8. */
export const golden: Readonly<Record<string, Golden>> = {
  "the daemon's": {
    before: daemon(own, dashed),
    after: daemon(ownNow, dashedNow),
    replaced: 2,
    carries: { private: own },
  },
  "the operator's": {
    before: operator(own, outer, dashed),
    after: operator(ownNow, outerNow, dashedNow),
    replaced: 5,
    carries: { private: own, public: outer },
  },
  "the daemon's, behind a proxy whose address begins with the old one": {
    before: behindProxy(own),
    after: behindProxy(ownNow),
    replaced: 4,
    carries: { private: own },
  },
  "the operator's, with brackets and no public address": {
    before: bracketed(own),
    after: bracketed(ownNow),
    replaced: 3,
    carries: { private: own },
  },
  "the operator's, edited on Windows": {
    before: commented(own, outer),
    after: commented(ownNow, outerNow),
    replaced: 4,
    carries: { private: own, public: outer },
  },
  "the daemon's, without a final newline": {
    before: unfinished(daemon(own, dashed)),
    after: unfinished(daemon(ownNow, dashedNow)),
    replaced: 2,
    carries: { private: own },
  },
};
