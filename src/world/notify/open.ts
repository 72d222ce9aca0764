/** The receivers that runbook.yaml names. */
import type { NamedReceiver, NotifyConfig } from '../../config/notify';
import { emailReceiver } from './email';
import { jsonReceiver } from './json';
import type { Receiver, Receivers } from './receiver';
import { slackReceiver } from './slack';

export function openReceivers({ order, receivers }: NotifyConfig): Receivers {
  return { order, all: receivers.map(open) };
}

function open(config: NamedReceiver): Receiver {
  switch (config.kind) {
    case 'json':
      return jsonReceiver(config);
    case 'slack':
      return slackReceiver(config);
    case 'email':
      return emailReceiver(config);
  }
}
